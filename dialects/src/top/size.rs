//! `top.Size`: the size of dimension `axis`, or the number of elements, as a tensor of one element.
//!
//! Source: ONNX Size (opset 13).

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// The number of elements.
    pub Size = "top.Size", "the number of elements";
    operands: input: One;
    results: output: One;
    attrs:
        axis: si32 [optional];
    traits: Pure;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    shape::set_result(rw, Size::new_unchecked(op).output(rw), &[1]);
    Ok(())
}
