//! `top.Sort`: the values along `axis` in order, and where they were. Equal values keep their order.
//!
//! Source: ONNX TopK of a whole axis; attributes as TPU-MLIR's `top.Sort`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// Sorts along an axis.
    pub Sort = "top.Sort", "sorts along an axis";
    operands: input: One;
    results: values: Optional, indices: One;
    attrs:
        axis: i64 [required],
        descending: bool [= true];
    traits: Pure;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let sort = Sort::new_unchecked(op);
    let output = shape::ranked(rw, op, sort.input(rw))?;
    shape::axis(rw, op, sort.axis(rw), output.len())?;
    if let Some(values) = sort.values(rw) {
        shape::set_result(rw, values, &output);
    }
    shape::set_result(rw, sort.indices(rw), &output);
    Ok(())
}
