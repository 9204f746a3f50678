//! `top.Ceil`: `ceil(x)` for each element; any shape.
//!
//! Source: ONNX Ceil (opset 13); attributes as TPU-MLIR's `top.Ceil`.

use super::shape;
use crate::op;

op! {
    /// Ceil(x) of each element.
    pub Ceil = "top.Ceil", "ceil(x) of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
