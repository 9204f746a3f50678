//! `top.GatherElements`: `y[i][j] = x[indices[i][j]][j]` for `axis` 0, and so on; the shape is that of the indices.
//!
//! Source: ONNX GatherElements (opset 13); attributes as TPU-MLIR's `top.GatherElements`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// Takes elements by index.
    pub GatherElements = "top.GatherElements", "takes elements by index";
    operands: input: One, indices: One;
    results: output: One;
    attrs:
        axis: i64 [= 2];
    traits: Pure, Movement, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let gather = GatherElements::new_unchecked(op);
    let indices = shape::ranked(rw, op, gather.indices(rw))?;
    shape::set_result(rw, gather.output(rw), &indices);
    Ok(())
}
