//! `top.StridedSlice`: as `top.Slice`, with positions that are values; bit `i` of a mask says what of dimension `i` is ignored. The size is the type
//! of the result.
//!
//! Source: TPU-MLIR's `top.StridedSlice`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// A box with positions given as values.
    pub StridedSlice = "top.StridedSlice", "a box with positions given as values";
    operands: input: One, starts: One, ends: One, strides: One;
    results: output: One;
    attrs:
        begin_mask: i64 [required],
        ellipsis_mask: i64 [required],
        end_mask: i64 [required],
        new_axis_mask: i64 [required],
        shrink_axis_mask: i64 [required];
    traits: Pure, Movement;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let output = StridedSlice::new_unchecked(op).output(rw);
    shape::ranked(rw, op, output).map(|_| ())
}
