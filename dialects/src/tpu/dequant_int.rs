//! `tpu.DequantInt`: dequantises by multiplier and shift.
//!
//! `y = (x * multiplier << lshift) >> shift`.
//!
//! Source: TPU-MLIR's operation definition `tpu.DequantInt`.

use crate::op;

op! {
    /// Dequantises by multiplier and shift.
    pub DequantInt = "tpu.DequantInt", "dequantises by multiplier and shift";
    operands: input: One;
    results: output: One;
    attrs:
        ginfo: (lg "lg") [optional],
        lshift: i64 [= 0],
        multiplier: si32 [required],
        quant_mode: (tpu "dq_mode" "Normal" "TFLite") [required],
        round_mode: (tpu "round_mode" "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd"
            "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"],
        shift: i64 [required];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
