//! `top.InstanceNorm`: `(x - mean) / sqrt(variance + eps) * weight + bias`, mean and variance over each channel of each image.
//!
//! Source: ONNX InstanceNormalization (opset 6).

use super::shape;
use crate::op;

op! {
    /// Normalisation over each channel.
    pub InstanceNorm = "top.InstanceNorm", "normalisation over each channel";
    operands: input: One, weight: Optional, bias: Optional;
    results: output: One;
    attrs:
        eps: f64 [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_of_normalization);
}
