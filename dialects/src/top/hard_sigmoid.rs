//! `top.HardSigmoid`: `max(0, min(1, alpha * x + beta))` for each element; any shape.
//!
//! Source: ONNX HardSigmoid (opset 6); attributes as TPU-MLIR's `top.HardSigmoid`.

use super::shape;
use crate::op;

op! {
    /// Max(0, min(1, alpha * x + beta)) of each element.
    pub HardSigmoid = "top.HardSigmoid", "max(0, min(1, alpha * x + beta)) of each element";
    operands: input: One;
    results: output: One;
    attrs:
        alpha: f64 [required],
        beta: f64 [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<4>);
}
