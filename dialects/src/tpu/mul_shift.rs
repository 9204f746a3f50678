//! `tpu.MulShift`: changes the scale of an integer tensor.
//!
//! `y = saturate((x * multiplier) >> rshift)`, rounding half up; `multiplier / 2^rshift` stands for `in_scale
//! / out_scale`. INT8 only.
//!
//! Source: TPU-MLIR's operation definition `tpu.MulShift`.

use crate::op;

op! {
    /// Changes the scale of an integer tensor.
    pub MulShift = "tpu.MulShift", "changes the scale of an integer tensor";
    operands: input: One;
    results: output: One;
    attrs:
        ginfo: (lg "lg") [optional],
        multiplier: si32 [required],
        rshift: si32 [required];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
