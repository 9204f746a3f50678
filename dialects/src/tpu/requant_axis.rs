//! Requantisation with factors of each channel in a tensor.
//!
//! `tpu.RequantIntAxis`: `saturate((x * multiplier) >> shift)`; `tpu.RequantFpAxis`: `saturate(round(x * scale + offset))`;
//! `tpu.DequantIntAxis`: `(x - zero point) * multiplier`, shifted. `quant` holds a row of factors for each channel.
//!
//! Source: TPU-MLIR's operation definitions `tpu.DequantIntAxis`, `tpu.RequantFpAxis`, `tpu.RequantIntAxis`.

use crate::op;

op! {
    /// Integers to integers of a finer scale, for each channel.
    pub DequantIntAxis = "tpu.DequantIntAxis", "integers to integers of a finer scale, for each channel";
    operands: input: One, quant: One;
    results: output: One;
    attrs:
        ginfo: (lg "lg") [optional],
        lshift: i64 [= 0],
        quant_mode: (tpu "dq_mode" "Normal" "TFLite") [required],
        round_mode: (tpu "round_mode" "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd"
            "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}

op! {
    /// Integers to coarser integers by float scales of the channels.
    pub RequantFpAxis = "tpu.RequantFpAxis", "integers to coarser integers by float scales of the channels";
    operands: input: One, quant: One;
    results: output: One;
    attrs:
        first_round_mode: (tpu "round_mode" "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven"
            "HalfToOdd" "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"],
        ginfo: (lg "lg") [optional],
        quant_mode: (tpu "rq_mode" "TFLite_LShift" "TFLite" "MultiplierShift" "OnlyShift" "QDM"
            "OnlyScale") [required],
        round_mode: (tpu "round_mode" "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd"
            "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}

op! {
    /// Integers to coarser integers by factors of the channels.
    pub RequantIntAxis = "tpu.RequantIntAxis", "integers to coarser integers by factors of the channels";
    operands: input: One, quant: One;
    results: output: One;
    attrs:
        fuse_rq_axis: bool [= false],
        ginfo: (lg "lg") [optional],
        quant_mode: (tpu "rq_mode" "TFLite_LShift" "TFLite" "MultiplierShift" "OnlyShift" "QDM"
            "OnlyScale") [required],
        round_mode: (tpu "round_mode" "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd"
            "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"],
        rq_axis: si32 [= 1];
    traits: Pure, LocalGen;
    verify: None;
    infer_shape: None;
    flops: None;
}
