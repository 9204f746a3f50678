//! `top.Tan`: `tan(x)` for each element; any shape.
//!
//! Source: ONNX Tan (opset 7); attributes as TPU-MLIR's `top.Tan`.

use super::shape;
use crate::op;

op! {
    /// Tan(x) of each element.
    pub Tan = "top.Tan", "tan(x) of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<4>);
}
