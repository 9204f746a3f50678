//! `top.LogicalAnd`: 1 where both inputs are not 0, else 0; shapes broadcast as numpy does.
//!
//! Source: ONNX And (opset 7).

use super::shape;
use crate::op;

op! {
    /// 1 where both inputs are not 0.
    pub LogicalAnd = "top.LogicalAnd", "1 where both inputs are not 0";
    operands: inputs: Variadic;
    results: output: One;
    attrs: ;
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::broadcast_operands);
    flops: Some(shape::flops_per_element::<2>);
}
