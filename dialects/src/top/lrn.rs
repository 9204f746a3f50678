//! `top.LRN`: `x / (bias + alpha / size * sum(x * x over size neighbouring channels)) ^ beta`.
//!
//! Source: ONNX LRN (opset 13).

use super::shape;
use crate::op;

op! {
    /// Local response normalisation.
    pub LRN = "top.LRN", "local response normalisation";
    operands: input: One;
    results: output: One;
    attrs:
        alpha: f64 [= 0.0001],
        beta: f64 [= 0.75],
        bias: f64 [= 1.0],
        size: i64 [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<8>);
}
