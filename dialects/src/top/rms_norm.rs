//! `top.RMSNorm`: `x / sqrt(mean(x * x) + eps) * gamma` over the last dimension.
//!
//! Source: TPU-MLIR's `top.RMSNorm`.

use super::shape;
use crate::op;

op! {
    /// Normalisation by the root mean square.
    pub RMSNorm = "top.RMSNorm", "normalisation by the root mean square";
    operands: input: One, gamma: Optional;
    results: output: One;
    attrs:
        eps: f64 [required],
        weight_keep_f32: bool [= false];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<3>);
}
