//! `top.Expand`: the input broadcast with `shape` as numpy does.
//!
//! Source: ONNX Expand (opset 13); attributes as TPU-MLIR's `top.Expand`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Broadcasts to a shape.
    pub Expand = "top.Expand", "broadcasts to a shape";
    operands: input: One, shapeT: Optional;
    results: output: One;
    attrs:
        shape: i64s [= []];
    traits: Pure, Movement, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let expand = Expand::new_unchecked(op);
    let input = shape::ranked(rw, op, expand.input(rw))?;
    let wanted = expand.shape(rw);
    let output = shape::broadcast(&[&input, &wanted]).ok_or_else(|| {
        op_error(
            rw,
            op,
            format_args!(
                "cannot expand {} to {}",
                shape::text(&input),
                shape::text(&wanted)
            ),
        )
    })?;
    shape::set_result(rw, expand.output(rw), &output);
    Ok(())
}
