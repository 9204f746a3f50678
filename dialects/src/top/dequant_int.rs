//! `top.DequantInt`: `(x - zero point) * multiplier`, shifted by `shift`, for each channel; `TFLite` shifts left by `lshift` first.
//!
//! Source: TPU-MLIR's `top.DequantInt`.

use super::shape;
use crate::op;

op! {
    /// Integers to integers of a finer scale.
    pub DequantInt = "top.DequantInt", "integers to integers of a finer scale";
    operands: input: One;
    results: output: One;
    attrs:
        lshift: i64 [= 0],
        multiplier: i64s [required],
        quant_mode: (str "Normal" "TFLite") [required],
        round_mode: (str "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd"
            "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"],
        shift: i64s [required];
    traits: Pure;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: None;
}
