//! `top.Min`: `smallest of all inputs`, shapes broadcast as numpy does.
//!
//! Source: ONNX Min (opset 13); attributes as TPU-MLIR's `top.Min`.

use super::shape;
use crate::op;

op! {
    /// Smallest of all inputs.
    pub Min = "top.Min", "smallest of all inputs";
    operands: inputs: Variadic;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: Some(shape::at_least_two_operands);
    infer_shape: Some(shape::broadcast_operands);
    flops: Some(shape::flops_of_operands);
}
