//! `top.Softplus`: `ln(1 + exp(x))` for each element; any shape.
//!
//! Source: ONNX Softplus (opset 1); attributes as TPU-MLIR's `top.Softplus`.

use super::shape;
use crate::op;

op! {
    /// Ln(1 + exp(x)) of each element.
    pub Softplus = "top.Softplus", "ln(1 + exp(x)) of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<3>);
}
