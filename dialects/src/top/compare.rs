//! `top.Compare`: 1 where the comparison `mode` of `lhs` with `rhs` holds, else 0; shapes broadcast as numpy does.
//!
//! Source: ONNX Equal, Greater, Less, GreaterOrEqual, LessOrEqual, Not, And, Xor; attributes as TPU-MLIR's `top.Compare`.

use super::shape;
use crate::op;

op! {
    /// Compares element by element.
    pub Compare = "top.Compare", "compares element by element";
    operands: lhs: One, rhs: One;
    results: output: One;
    attrs:
        mode: (str "Equal" "Greater" "GreaterOrEqual" "Less" "LessOrEqual" "NotEqual" "And" "Not" "Xor") [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::broadcast_operands);
    flops: Some(shape::flops_per_element::<1>);
}
