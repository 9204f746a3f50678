//! `top.Arccos`: `acos(x)` for each element; any shape.
//!
//! Source: ONNX Acos (opset 7); attributes as TPU-MLIR's `top.Arccos`.

use super::shape;
use crate::op;

op! {
    /// Acos(x) of each element.
    pub Arccos = "top.Arccos", "acos(x) of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<4>);
}
