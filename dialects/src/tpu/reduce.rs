//! `tpu.Reduce`: reduces along axes.
//!
//! `y = mode over the elements along axes`. `buffer` is scratch in global memory.
//!
//! Source: TPU-MLIR's operation definition `tpu.Reduce`.

use crate::op;

op! {
    /// Reduces along axes.
    pub Reduce = "tpu.Reduce", "reduces along axes";
    operands: input: One, buffer: Optional, reciprocal_mantissa_table: Optional;
    results: output: One;
    attrs:
        axes: i64s [required],
        is_scalar: bool [optional],
        keepdims: bool [required],
        mode: (str "ReduceMin" "ReduceMax" "ReduceMean" "ReduceL2" "ReduceL1" "ReduceSum" "ReduceProd")
            [required],
        multiplier: i64s [optional],
        rshift: i64s [optional];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
