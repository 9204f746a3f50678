//! `top.SliceAxis`: indices `start` to before `end` of `axis` in steps of `step`, all given as values. The size is the type of the result;
//! import turns it into `top.Slice` where the values are constant.
//!
//! Source: ONNX Slice and Split with computed positions; TPU-MLIR's `top.SliceAxis`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// A range of one axis.
    pub SliceAxis = "top.SliceAxis", "a range of one axis";
    operands: input: One, axis: One, start: One, step: Optional, end: One;
    results: output: One;
    attrs: ;
    traits: Pure, Movement, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let output = SliceAxis::new_unchecked(op).output(rw);
    shape::ranked(rw, op, output).map(|_| ())
}
