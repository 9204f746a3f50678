//! `top.Max`: `largest of all inputs`, shapes broadcast as numpy does.
//!
//! Source: ONNX Max (opset 13); attributes as TPU-MLIR's `top.Max`.

use super::shape;
use crate::op;

op! {
    /// Largest of all inputs.
    pub Max = "top.Max", "largest of all inputs";
    operands: inputs: Variadic;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: Some(shape::at_least_two_operands);
    infer_shape: Some(shape::broadcast_operands);
    flops: Some(shape::flops_of_operands);
}
