//! `top.Arctanh`: `atanh(x)` for each element; any shape.
//!
//! Source: ONNX Atanh (opset 9); attributes as TPU-MLIR's `top.Arctanh`.

use super::shape;
use crate::op;

op! {
    /// Atanh(x) of each element.
    pub Arctanh = "top.Arctanh", "atanh(x) of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<4>);
}
