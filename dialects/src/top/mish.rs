//! `top.Mish`: `x * tanh(ln(1 + exp(x)))` for each element; any shape.
//!
//! Source: ONNX Mish (opset 18); attributes as TPU-MLIR's `top.Mish`.

use super::shape;
use crate::op;

op! {
    /// X * tanh(ln(1 + exp(x))) of each element.
    pub Mish = "top.Mish", "x * tanh(ln(1 + exp(x))) of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<4>);
}
