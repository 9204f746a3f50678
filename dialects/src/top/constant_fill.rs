//! `top.ConstantFill`: `value` in the shape that the operand holds. The shape is the result's type.
//!
//! Source: ONNX ConstantOfShape (opset 9).

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// A tensor of one value.
    pub ConstantFill = "top.ConstantFill", "a tensor of one value";
    operands: input: One;
    results: output: One;
    attrs:
        value: f64 [required];
    traits: Pure;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    shape::ranked(rw, op, ConstantFill::new_unchecked(op).output(rw)).map(|_| ())
}
