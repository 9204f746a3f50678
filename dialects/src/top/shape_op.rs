//! `top.Shape`: dimensions `start` to before `end` of the input, in steps of `step`, as a tensor of one dimension.
//!
//! Source: ONNX Shape (opset 15); attributes as TPU-MLIR's `top.Shape`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// The shape as a tensor.
    pub Shape = "top.Shape", "the shape as a tensor";
    operands: input: One;
    results: output: One;
    attrs:
        end: i64 [optional],
        start: i64 [optional],
        step: i64 [optional];
    traits: Pure;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let shape_op = Shape::new_unchecked(op);
    let rank = shape::ranked(rw, op, shape_op.input(rw))?.len() as i64;
    let place = |position: i64| if position < 0 { position + rank } else { position }.clamp(0, rank);
    let start = place(shape_op.start(rw).unwrap_or(0));
    let end = place(shape_op.end(rw).unwrap_or(rank));
    let step = shape_op.step(rw).unwrap_or(1).max(1);
    shape::set_result(
        rw,
        shape_op.output(rw),
        &[((end - start).max(0) + step - 1) / step],
    );
    Ok(())
}
