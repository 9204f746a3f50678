//! `top.Exp`: `exp(x)` for each element; any shape.
//!
//! Source: ONNX Exp (opset 13); attributes as TPU-MLIR's `top.Exp`.

use super::shape;
use crate::op;

op! {
    /// Exp(x) of each element.
    pub Exp = "top.Exp", "exp(x) of each element";
    operands: input: One;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<4>);
}
