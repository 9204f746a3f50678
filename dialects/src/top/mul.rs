//! `top.Mul`: `product of all inputs`, shapes broadcast as numpy does.
//!
//! Source: ONNX Mul (opset 14); attributes as TPU-MLIR's `top.Mul`.

use super::shape;
use crate::op;

op! {
    /// Product of all inputs.
    pub Mul = "top.Mul", "product of all inputs";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        do_relu: bool [= false],
        is_scalar: bool [= false],
        relu_limit: f64 [= -1.0];
    traits: SupportFuseRelu, Pure, Quantizable;
    verify: Some(shape::at_least_two_operands);
    infer_shape: Some(shape::broadcast_operands);
    flops: Some(shape::flops_of_operands);
}
