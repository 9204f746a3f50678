//! `top.Transpose`: dimensions `dim0` and `dim1` change places. Import makes `top.Permute` of it.
//!
//! Source: TPU-MLIR's `top.Transpose`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// Exchanges two dimensions.
    pub Transpose = "top.Transpose", "exchanges two dimensions";
    operands: input: One;
    results: output: One;
    attrs:
        dim0: si32 [required],
        dim1: si32 [required];
    traits: Pure, Movement, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let transpose = Transpose::new_unchecked(op);
    let mut output = shape::ranked(rw, op, transpose.input(rw))?;
    let first = shape::axis(rw, op, transpose.dim0(rw), output.len())?;
    let second = shape::axis(rw, op, transpose.dim1(rw), output.len())?;
    output.swap(first, second);
    shape::set_result(rw, transpose.output(rw), &output);
    Ok(())
}
