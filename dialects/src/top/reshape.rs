//! `top.Reshape`: the same elements, row-major order, in another shape. In `shape`, 0 keeps the input's size and one -1 is computed.
//! With `flatten_start_dim` >= 0 and no `shape` all dimensions from there on become one.
//!
//! Source: ONNX Reshape (opset 14); attributes as TPU-MLIR's `top.Reshape`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// The same elements in another shape.
    pub Reshape = "top.Reshape", "the same elements in another shape";
    operands: input: One, shapeT: Optional;
    results: output: One;
    attrs:
        flatten_start_dim: i64 [= -1],
        shape: i64s [optional];
    traits: Pure, Movement, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let reshape = Reshape::new_unchecked(op);
    let input = shape::ranked(rw, op, reshape.input(rw))?;
    let Some(wanted) = reshape.shape(rw) else {
        let start = reshape.flatten_start_dim(rw);
        if start < 0 {
            // Without a shape the result's own type, if it has a rank, is the wanted shape.
            return shape::ranked(rw, op, reshape.output(rw)).map(|_| ());
        }
        let start = shape::axis(rw, op, start, input.len())?;
        let mut output = input[..start].to_vec();
        output.push(input[start..].iter().product());
        shape::set_result(rw, reshape.output(rw), &output);
        return Ok(());
    };
    let mut output = Vec::with_capacity(wanted.len());
    for (index, &dim) in wanted.iter().enumerate() {
        output.push(if dim == 0 && index < input.len() {
            input[index]
        } else {
            dim
        });
    }
    let total: i64 = input.iter().product();
    let known: i64 = output.iter().filter(|dim| **dim != -1).product();
    if let Some(open) = output.iter().position(|dim| *dim == -1)
        && known > 0
        && total % known == 0
    {
        output[open] = total / known;
    }
    if output.iter().product::<i64>() != total || output.contains(&-1) {
        return Err(op_error(
            rw,
            op,
            format_args!(
                "cannot reshape {} to {}",
                shape::text(&input),
                shape::text(&wanted)
            ),
        ));
    }
    shape::set_result(rw, reshape.output(rw), &output);
    Ok(())
}
