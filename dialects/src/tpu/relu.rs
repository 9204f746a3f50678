//! `tpu.Relu`: rectified linear unit.
//!
//! `y = max(x, 0)`, and `min(y, relu_limit)` if the limit is not negative. INT8: the input is multiplied and
//! shifted as in `tpu.MulShift` first.
//!
//! Source: TPU-MLIR's operation definition `tpu.Relu`.

use crate::op;

op! {
    /// Rectified linear unit.
    pub Relu = "tpu.Relu", "rectified linear unit";
    operands: input: One;
    results: output: One;
    attrs:
        ginfo: (lg "lg") [optional],
        multiplier: si32 [optional],
        relu_limit: f64 [= -1.0],
        rshift: si32 [optional];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
