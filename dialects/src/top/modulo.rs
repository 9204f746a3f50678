//! `top.Mod`: `x - trunc(x / y) * y` of the two inputs; shapes broadcast.
//!
//! Source: ONNX Mod (opset 13).

use super::shape;
use crate::op;

op! {
    /// Remainder of a division with the sign of the dividend.
    pub Mod = "top.Mod", "remainder of a division with the sign of the dividend";
    operands: inputs: Variadic;
    results: output: One;
    attrs: ;
    traits: Pure;
    verify: Some(shape::at_least_two_operands);
    infer_shape: Some(shape::broadcast_operands);
    flops: Some(shape::flops_per_element::<1>);
}
