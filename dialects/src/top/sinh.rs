//! `top.Sinh`: `sinh(x)` for each element; any shape.
//!
//! Source: ONNX Sinh (opset 9); attributes as TPU-MLIR's `top.Sinh`.

use super::shape;
use crate::op;

op! {
    /// Sinh(x) of each element.
    pub Sinh = "top.Sinh", "sinh(x) of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<4>);
}
