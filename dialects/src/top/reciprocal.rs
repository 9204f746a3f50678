//! `top.Reciprocal`: `const_val / x` for each element; any shape.
//!
//! Source: ONNX Reciprocal (opset 13), Div with a number as dividend; attributes as TPU-MLIR's `top.Reciprocal`.

use super::shape;
use crate::op;

op! {
    /// Const_val / x of each element.
    pub Reciprocal = "top.Reciprocal", "const_val / x of each element";
    operands: input: One;
    results: output: One;
    attrs:
        const_val: f64 [= 1.0],
        do_relu: bool [= false],
        relu_limit: f64 [= -1.0];
    traits: SupportFuseRelu, Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
