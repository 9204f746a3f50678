//! `top.MeanStdScale`: `((x - mean) / std) * scale` for each channel, rounded by `rounding_mode`: preprocessing on the chip.
//!
//! Source: TPU-MLIR's `top.MeanStdScale` (a custom ONNX operator).

use super::shape;
use crate::op;

op! {
    /// Normalises and requantises pixels.
    pub MeanStdScale = "top.MeanStdScale", "normalises and requantises pixels";
    operands: input: One;
    results: output: One;
    attrs:
        channel_order: str [required],
        customization_format: str [required],
        mean: f64s [required],
        quant_mode: str [required],
        resize_dims: i64s [required],
        rounding_mode: str [required],
        scale: f64s [required],
        sign: bool [= true],
        std: f64s [required],
        zero_points: f64s [required];
    traits: Pure;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
