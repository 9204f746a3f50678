//! `tpu.Gather`: picks slices along an axis.
//!
//! `y = x[.., indices, ..]` along `axis`; negative indices count from the end if `if_neg_index`.
//!
//! Source: TPU-MLIR's operation definition `tpu.Gather`.

use crate::op;

op! {
    /// Picks slices along an axis.
    pub Gather = "tpu.Gather", "picks slices along an axis";
    operands: input: One, indices: One, buffer: Optional;
    results: output: One;
    attrs:
        axis: si32 [= 0],
        if_neg_index: bool [= true],
        is_lora: bool [= false],
        is_scalar: bool [optional],
        keepdims: bool [optional];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
