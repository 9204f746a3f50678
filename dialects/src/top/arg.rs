//! `top.Arg`: the position of the largest or smallest element along `axis` (`mode`), and optionally the element.
//!
//! Source: ONNX ArgMax and ArgMin (opset 13); attributes as TPU-MLIR's `top.Arg`.

use super::shape;
use crate::ir::{Context, Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// Position of the largest or smallest element.
    pub Arg = "top.Arg", "position of the largest or smallest element";
    operands: input: One;
    results: indices: One, values: Optional;
    attrs:
        axis: i64 [required],
        keepdims: bool [required],
        mode: (str "ArgMin" "ArgMax") [required],
        select_last_index: bool [= true];
    traits: Pure;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: Some(flops);
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let arg = Arg::new_unchecked(op);
    let mut output = shape::ranked(rw, op, arg.input(rw))?;
    let axis = shape::axis(rw, op, arg.axis(rw), output.len())?;
    if arg.keepdims(rw) {
        output[axis] = 1;
    } else {
        output.remove(axis);
    }
    if output.is_empty() {
        output.push(1);
    }
    shape::set_result(rw, arg.indices(rw), &output);
    if let Some(values) = arg.values(rw) {
        shape::set_result(rw, values, &output);
    }
    Ok(())
}

fn flops(ctx: &Context, op: Op) -> i64 {
    ctx.shape(Arg::new_unchecked(op).input(ctx))
        .map_or(0, |shape| shape.iter().product())
}
