//! `tpu.LeakyRelu`: leaky rectified linear unit.
//!
//! F32: `y = x < 0 ? alpha * x : x`. INT8: `y = x < 0 ? saturate((x * multiplier) >> rshift) : x`.
//!
//! Source: TPU-MLIR's operation definition `tpu.LeakyRelu`.

use crate::op;

op! {
    /// Leaky rectified linear unit.
    pub LeakyRelu = "tpu.LeakyRelu", "leaky rectified linear unit";
    operands: input: One;
    results: output: One;
    attrs:
        alpha: f64 [optional],
        ginfo: (lg "lg") [optional],
        multiplier: si32 [optional],
        multiplier_neg: si32 [optional],
        round_mode: (tpu "round_mode" "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd"
            "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"],
        rshift: si32 [optional],
        rshift_neg: si32 [optional];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
