//! `top.Cos`: `cos(x)` for each element; any shape.
//!
//! Source: ONNX Cos (opset 7); attributes as TPU-MLIR's `top.Cos`.

use super::shape;
use crate::op;

op! {
    /// Cos(x) of each element.
    pub Cos = "top.Cos", "cos(x) of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<4>);
}
