//! `top.Insert`: the input with `rhs` in the place of indices `offset` to `offset + size` of `axis`.
//!
//! Source: TPU-MLIR's `top.Insert`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Replaces a part of a tensor.
    pub Insert = "top.Insert", "replaces a part of a tensor";
    operands: input: One, rhs: One;
    results: output: One;
    attrs:
        axis: i64 [required],
        offset: i64 [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let insert = Insert::new_unchecked(op);
    let input = shape::ranked(rw, op, insert.input(rw))?;
    let part = shape::ranked(rw, op, insert.rhs(rw))?;
    let axis = shape::axis(rw, op, insert.axis(rw), input.len())?;
    let offset = insert.offset(rw);
    let fits = part.len() == input.len()
        && (0..input.len()).all(|index| index == axis || input[index] == part[index])
        && offset >= 0
        && offset.saturating_add(part[axis]) <= input[axis];
    if !fits {
        return Err(op_error(
            rw,
            op,
            format_args!(
                "cannot put {} into {} at {offset} of axis {axis}",
                shape::text(&part),
                shape::text(&input)
            ),
        ));
    }
    shape::set_result(rw, insert.output(rw), &input);
    Ok(())
}
