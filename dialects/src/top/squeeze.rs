//! `top.Squeeze`: without the dimensions of size 1 at `axes`, or without all of them if `axes` is empty. A tensor that loses its last
//! dimension becomes a scalar: shape 1 and `is_scalar`.
//!
//! Source: ONNX Squeeze (opset 13); attributes as TPU-MLIR's `top.Squeeze`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Removes dimensions of size 1.
    pub Squeeze = "top.Squeeze", "removes dimensions of size 1";
    operands: input: One;
    results: output: One;
    attrs:
        axes: i64s [required],
        is_scalar: bool [= false];
    traits: Pure, Movement, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let squeeze = Squeeze::new_unchecked(op);
    let input = shape::ranked(rw, op, squeeze.input(rw))?;
    let axes = squeeze
        .axes(rw)
        .into_iter()
        .map(|axis| shape::axis(rw, op, axis, input.len()))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(axis) = axes.iter().find(|axis| input[**axis] != 1) {
        return Err(op_error(
            rw,
            op,
            format_args!(
                "cannot squeeze dimension {axis} of {}: its size is not 1",
                shape::text(&input)
            ),
        ));
    }
    let mut output: Vec<i64> = input
        .iter()
        .enumerate()
        .filter(|(index, dim)| {
            if axes.is_empty() {
                **dim != 1
            } else {
                !axes.contains(index)
            }
        })
        .map(|(_, dim)| *dim)
        .collect();
    if output.is_empty() {
        output.push(1);
        let scalar = rw.bool_attr(true);
        rw.set_attr(op, "is_scalar", scalar);
    }
    shape::set_result(rw, squeeze.output(rw), &output);
    Ok(())
}
