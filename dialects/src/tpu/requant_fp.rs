//! `tpu.RequantFp`: requantises by a floating point scale.
//!
//! `y = saturate(round(x * scale + offset))`.
//!
//! Source: TPU-MLIR's operation definition `tpu.RequantFp`.

use crate::op;

op! {
    /// Requantises by a floating point scale.
    pub RequantFp = "tpu.RequantFp", "requantises by a floating point scale";
    operands: input: One;
    results: output: One;
    attrs:
        first_round_mode: (tpu "round_mode" "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven"
            "HalfToOdd" "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"],
        ginfo: (lg "lg") [optional],
        offset: f64 [= 0.0],
        quant_mode: (tpu "rq_mode" "TFLite_LShift" "TFLite" "MultiplierShift" "OnlyShift" "QDM"
            "OnlyScale") [required],
        round_mode: (tpu "round_mode" "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd"
            "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"],
        scale: f64 [required];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
