//! `top.Sqrt`: `sqrt(x)` for each element; any shape.
//!
//! Source: ONNX Sqrt (opset 13); attributes as TPU-MLIR's `top.Sqrt`.

use super::shape;
use crate::op;

op! {
    /// Sqrt(x) of each element.
    pub Sqrt = "top.Sqrt", "sqrt(x) of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
