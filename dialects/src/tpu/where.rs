//! `tpu.Where`: chooses between two tensors.
//!
//! `y = cond ? tbrn : fbrn`, where either branch may be a constant.
//!
//! Source: TPU-MLIR's operation definition `tpu.Where`.

use crate::op;

op! {
    /// Chooses between two tensors.
    pub Where = "tpu.Where", "chooses between two tensors";
    operands: cond: One, tbrn: Optional, fbrn: Optional, buffer: Optional;
    results: output: One;
    attrs:
        x_const_val: f64 [= 0.0],
        x_is_const: bool [= false],
        y_const_val: f64 [= 0.0],
        y_is_const: bool [= false];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
