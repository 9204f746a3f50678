//! `tpu.Arg`: index of the largest or smallest element along an axis.
//!
//! `indices` i32, `values` of the input type or none. `select_last_index` decides ties.
//!
//! Source: TPU-MLIR's operation definition `tpu.Arg`.

use crate::op;

op! {
    /// Index of the largest or smallest element along an axis.
    pub Arg = "tpu.Arg", "index of the largest or smallest element along an axis";
    operands: input: One;
    results: indices: One, values: Optional;
    attrs:
        axis: i64 [required],
        keepdims: bool [required],
        mode: (str "ArgMin" "ArgMax") [required],
        select_last_index: bool [= true],
        use_int_input: bool [= false];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
