//! `top.PixelNorm`: `(x - mean) / sqrt(variance + eps) * weight + bias`, mean and variance over the channels of each pixel.
//!
//! Source: TPU-MLIR's `top.PixelNorm`.

use super::shape;
use crate::op;

op! {
    /// Normalisation over channels.
    pub PixelNorm = "top.PixelNorm", "normalisation over channels";
    operands: input: One, weight: Optional, bias: Optional;
    results: output: One;
    attrs:
        eps: f64 [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_of_normalization);
}
