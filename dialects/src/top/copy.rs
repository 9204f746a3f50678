//! `top.Copy`: elements of a box of size `shape`, read with `input_stride` and written with `output_stride` (both in elements).
//!
//! Source: TPU-MLIR's `top.Copy`.

use super::shape;
use crate::ir::{Context, Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Copies with strides.
    pub Copy = "top.Copy", "copies with strides";
    operands: input: One;
    results: output: One;
    attrs:
        input_stride: i64s [required],
        output_stride: i64s [required],
        shape: i64s [required];
    traits: Pure, Movement;
    verify: Some(verify);
    infer_shape: Some(infer_shape);
    flops: None;
}

fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let copy = Copy::new_unchecked(op);
    let lengths = [
        copy.shape(ctx).len(),
        copy.input_stride(ctx).len(),
        copy.output_stride(ctx).len(),
    ];
    if lengths[1] != lengths[0] || lengths[2] != lengths[0] {
        found.push(op_error(
            ctx,
            op,
            format_args!(
                "expects 'shape', 'input_stride' and 'output_stride' of one length, found {lengths:?}"
            ),
        ));
    }
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let copy = Copy::new_unchecked(op);
    let output = copy.shape(rw);
    shape::set_result(rw, copy.output(rw), &output);
    Ok(())
}
