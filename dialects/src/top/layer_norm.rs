//! `top.LayerNorm`: `(x - mean) / sqrt(variance + eps) * weight + bias`, mean and variance over the dimensions from `axis` on.
//!
//! Source: ONNX LayerNormalization (opset 17) and the pattern that PyTorch exports.

use super::shape;
use crate::op;

op! {
    /// Normalisation over trailing dimensions.
    pub LayerNorm = "top.LayerNorm", "normalisation over trailing dimensions";
    operands: input: One, weight: Optional, bias: Optional;
    results: output: One;
    attrs:
        axis: si32 [required],
        eps: f64 [required],
        normalized_shape: i64s [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_of_normalization);
}
