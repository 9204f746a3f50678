//! `top.BatchNorm`: `(x - mean) / sqrt(variance + epsilon) * gamma + beta` for each channel.
//!
//! Source: ONNX BatchNormalization (opset 15) in inference mode.

use super::shape;
use crate::op;

op! {
    /// Batch normalisation.
    pub BatchNorm = "top.BatchNorm", "batch normalisation";
    operands: input: One, mean: One, variance: One, gamma: Optional, beta: Optional;
    results: output: One;
    attrs:
        do_relu: bool [= false],
        epsilon: f64 [= 1e-05],
        relu_limit: f64 [= -1.0];
    traits: SupportFuseRelu, Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<2>);
}
