//! `top.GroupNorm`: `(x - mean) / sqrt(variance + eps) * weight + bias`, mean and variance over each of `num_groups` groups of channels.
//!
//! Source: PyTorch's group_norm; attributes as TPU-MLIR's `top.GroupNorm`.

use super::shape;
use crate::op;

op! {
    /// Normalisation over groups of channels.
    pub GroupNorm = "top.GroupNorm", "normalisation over groups of channels";
    operands: input: One, weight: Optional, bias: Optional;
    results: output: One;
    attrs:
        eps: f64 [required],
        num_groups: i64 [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_of_normalization);
}
