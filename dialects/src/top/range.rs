//! `top.Range`: `start, start + delta, ..` up to before `limit`; `start` is 0 and `delta` 1 where they are missing. The number of elements is
//! the type of the result, since it is a value.
//!
//! Source: ONNX Range (opset 11).

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// Numbers from start to limit.
    pub RangeOp = "top.Range", "numbers from start to limit";
    operands: start: Optional, limit: One, delta: Optional;
    results: output: One;
    attrs: ;
    traits: Pure;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let output = RangeOp::new_unchecked(op).output(rw);
    shape::ranked(rw, op, output).map(|_| ())
}
