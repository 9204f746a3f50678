//! `top.Sub`: `difference of two inputs`, shapes broadcast as numpy does.
//!
//! Source: ONNX Sub (opset 14); attributes as TPU-MLIR's `top.Sub`.

use super::shape;
use crate::op;

op! {
    /// Difference of two inputs.
    pub Sub = "top.Sub", "difference of two inputs";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        coeff: f64s [optional],
        do_relu: bool [= false],
        is_reverse: bool [= false],
        is_scalar: bool [= false],
        relu_limit: f64 [= -1.0];
    traits: SupportFuseRelu, Pure, Quantizable;
    verify: Some(shape::at_least_two_operands);
    infer_shape: Some(shape::broadcast_operands);
    flops: Some(shape::flops_of_operands);
}
