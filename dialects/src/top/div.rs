//! `top.Div`: `quotient of two inputs`, shapes broadcast as numpy does.
//!
//! Source: ONNX Div (opset 14); attributes as TPU-MLIR's `top.Div`.

use super::shape;
use crate::op;

op! {
    /// Quotient of two inputs.
    pub Div = "top.Div", "quotient of two inputs";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        do_relu: bool [= false],
        is_reverse: bool [= false],
        is_scalar: bool [= false],
        relu_limit: f64 [= -1.0];
    traits: SupportFuseRelu, Pure, Quantizable;
    verify: Some(shape::at_least_two_operands);
    infer_shape: Some(shape::broadcast_operands);
    flops: Some(shape::flops_per_element::<1>);
}
