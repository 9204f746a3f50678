//! `tpu.PReluOp`: rectified linear unit with one slope for each channel.
//!
//! F32: `y = x < 0 ? slope[c] * x : x`. INT8: `slope` is i8 and `y = x < 0 ? saturate((x * slope[c]) >>
//! rshift) : x`.
//!
//! Source: TPU-MLIR's operation definition `tpu.PReluOp`.

use crate::op;

op! {
    /// Rectified linear unit with one slope for each channel.
    pub PRelu = "tpu.PReluOp", "rectified linear unit with one slope for each channel";
    operands: input: One, slope: One;
    results: output: One;
    attrs:
        ginfo: (lg "lg") [optional],
        multiplier_pos: si32 [optional],
        rshift: si32 [= 0],
        rshift_pos: si32 [optional];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
