//! `tpu.MeanStdScale`: as `top.MeanStdScale`, with the integer factors that were computed for it.
//!
//! Source: TPU-MLIR's operation definition `tpu.MeanStdScale`.

use crate::op;

op! {
    /// Normalises and requantises pixels.
    pub MeanStdScale = "tpu.MeanStdScale", "normalises and requantises pixels";
    operands: input: One, f32_param: One;
    results: output: One;
    attrs:
        channel_order: str [required],
        customization_format: str [required],
        mean: f64s [required],
        multi: i64s [required],
        offset: i64s [required],
        quant_mode: str [required],
        resize_dims: i64s [required],
        rounding_mode: str [required],
        rshift: i64s [required],
        scale: f64s [required],
        sign: bool [= true],
        std: f64s [required],
        zero_points: f64s [required];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
