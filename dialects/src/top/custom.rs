//! `top.Custom`: what the plug-in `name` computes from `params`. Nothing is known of it here: inference and code generation refuse it, and its
//! results must have shapes already.
//!
//! Source: TPU-MLIR's `top.Custom`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// An operation that a plug-in defines.
    pub Custom = "top.Custom", "an operation that a plug-in defines";
    operands: inputs: Variadic;
    results: outputs: Variadic;
    attrs:
        name: str [required],
        params: any [required];
    traits: ;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    for value in Custom::new_unchecked(op).outputs(rw) {
        shape::ranked(rw, op, *value)?;
    }
    Ok(())
}
