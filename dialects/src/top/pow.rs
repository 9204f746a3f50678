//! `top.Pow`: `x ^ exponent` for each element; any shape.
//!
//! Source: ONNX Pow (opset 15) with a constant exponent; attributes as TPU-MLIR's `top.Pow`.

use super::shape;
use crate::op;

op! {
    /// X ^ exponent of each element.
    pub Pow = "top.Pow", "x ^ exponent of each element";
    operands: input: One;
    results: output: One;
    attrs:
        exponent: f64 [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}
