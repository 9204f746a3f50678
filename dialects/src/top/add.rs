//! `top.Add`: `sum of all inputs, each multiplied by its `coeff``, shapes broadcast as numpy does.
//!
//! Source: ONNX Add (opset 14), Sum; attributes as TPU-MLIR's `top.Add`.

use super::shape;
use crate::op;

op! {
    /// Sum of all inputs, each multiplied by its `coeff`.
    pub Add = "top.Add", "sum of all inputs, each multiplied by its `coeff`";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        coeff: f64s [optional],
        do_relu: bool [= false],
        is_scalar: bool [= false],
        relu_limit: f64 [= -1.0];
    traits: SupportFuseRelu, Pure, Quantizable;
    verify: Some(shape::at_least_two_operands);
    infer_shape: Some(shape::broadcast_operands);
    flops: Some(shape::flops_of_operands);
}
