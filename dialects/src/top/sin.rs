//! `top.Sin`: `sin(x)` for each element; any shape.
//!
//! Source: ONNX Sin (opset 7); attributes as TPU-MLIR's `top.Sin`.

use super::shape;
use crate::op;

op! {
    /// Sin(x) of each element.
    pub Sin = "top.Sin", "sin(x) of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<4>);
}
