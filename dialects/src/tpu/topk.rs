//! `tpu.TopK`: the `K` largest or smallest elements along `axis` and their positions; on the host.
//!
//! After the input stands the count, if it is a value and not `K`, then four scratch tensors or none.
//!
//! Source: TPU-MLIR's operation definition `tpu.TopK`.

use crate::op;

op! {
    /// The largest or smallest elements.
    pub TopK = "tpu.TopK", "the largest or smallest elements";
    operands: input: One, count_and_buffers: Variadic;
    results: values: Optional, indices: Optional;
    attrs:
        K: i64 [required],
        axis: i64 [required],
        largest: bool [= true],
        replace_topk_indices: bool [= false],
        sorted: bool [= true],
        use_hau: bool [= true],
        values_used_only: bool [= false];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
