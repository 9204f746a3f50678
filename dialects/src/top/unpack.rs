//! `top.Unpack`: one result for each index of `axis`, without that dimension.
//!
//! Source: TPU-MLIR's `top.Unpack`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// Cuts a tensor into slices without the axis.
    pub Unpack = "top.Unpack", "cuts a tensor into slices without the axis";
    operands: input: One;
    results: outputs: Variadic;
    attrs:
        axis: si32 [required];
    traits: Pure, Movement, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let unpack = Unpack::new_unchecked(op);
    let mut output = shape::ranked(rw, op, unpack.input(rw))?;
    let axis = shape::axis(rw, op, unpack.axis(rw), output.len())?;
    output.remove(axis);
    for value in unpack.outputs(rw).to_vec() {
        shape::set_result(rw, value, &output);
    }
    Ok(())
}
