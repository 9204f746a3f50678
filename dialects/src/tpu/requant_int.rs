//! `tpu.RequantInt`: requantises integers by multiplier and shift.
//!
//! `y = saturate((x * multiplier) >> rshift)`; `quant_mode` tells the order of multiplication, shift and
//! rounding.
//!
//! Source: TPU-MLIR's operation definition `tpu.RequantInt`.

use crate::op;

op! {
    /// Requantises integers by multiplier and shift.
    pub RequantInt = "tpu.RequantInt", "requantises integers by multiplier and shift";
    operands: input: One;
    results: output: One;
    attrs:
        ginfo: (lg "lg") [optional],
        multiplier: si32 [required],
        quant_mode: (tpu "rq_mode" "TFLite_LShift" "TFLite" "MultiplierShift" "OnlyShift" "QDM"
            "OnlyScale") [required],
        round_mode: (tpu "round_mode" "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd"
            "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"],
        rshift: si32 [required];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
