//! `top.Remainder`: `x - floor(x / y) * y` of the two inputs; shapes broadcast.
//!
//! Source: TPU-MLIR's `top.Remainder`.

use super::shape;
use crate::op;

op! {
    /// Remainder of a division with the sign of the divisor.
    pub Remainder = "top.Remainder", "remainder of a division with the sign of the divisor";
    operands: inputs: Variadic;
    results: output: One;
    attrs: ;
    traits: Pure;
    verify: Some(shape::at_least_two_operands);
    infer_shape: Some(shape::broadcast_operands);
    flops: Some(shape::flops_per_element::<1>);
}
