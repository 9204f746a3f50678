//! `top.Unsqueeze`: dimensions of size 1 at `axes` of the output.
//!
//! Source: ONNX Unsqueeze (opset 13); attributes as TPU-MLIR's `top.Unsqueeze`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// Adds dimensions of size 1.
    pub Unsqueeze = "top.Unsqueeze", "adds dimensions of size 1";
    operands: input: One;
    results: output: One;
    attrs:
        axes: i64s [required];
    traits: Pure, Movement, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let unsqueeze = Unsqueeze::new_unchecked(op);
    let input = unsqueeze.input(rw);
    let mut output = shape::ranked(rw, op, input)?.to_vec();
    // A number is a tensor of one element here.
    let number = rw
        .defining_op(input)
        .is_some_and(|maker| rw.get_bool(maker, "is_scalar") == Some(true));
    if number && output == [1] {
        output.clear();
    }
    let axes = unsqueeze.axes(rw);
    let rank = output.len() + axes.len();
    let mut axes = axes
        .into_iter()
        .map(|axis| shape::axis(rw, op, axis, rank))
        .collect::<Result<Vec<_>, _>>()?;
    axes.sort_unstable();
    for axis in axes {
        output.insert(axis.min(output.len()), 1);
    }
    shape::set_result(rw, unsqueeze.output(rw), &output);
    Ok(())
}
