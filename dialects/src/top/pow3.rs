//! `top.Pow3`: `first input to the power of the second`, shapes broadcast as numpy does.
//!
//! Source: ONNX Pow (opset 15); attributes as TPU-MLIR's `top.Pow3`.

use super::shape;
use crate::op;

op! {
    /// First input to the power of the second.
    pub Pow3 = "top.Pow3", "first input to the power of the second";
    operands: inputs: Variadic;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: Some(shape::at_least_two_operands);
    infer_shape: Some(shape::broadcast_operands);
    flops: Some(shape::flops_of_operands);
}
