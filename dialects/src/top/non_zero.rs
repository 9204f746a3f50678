//! `top.NonZero`: one index tuple for each element that is not zero: a column of the result, or a row if `order` is `ColMajor`. The result has
//! room for all elements; how many there are is known only when it runs.
//!
//! Source: ONNX NonZero (opset 13).

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// Positions of what is not zero.
    pub NonZero = "top.NonZero", "positions of what is not zero";
    operands: input: One;
    results: output: One;
    attrs:
        order: (str "ColMajor" "RowMajor") [required];
    traits: Pure;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let non_zero = NonZero::new_unchecked(op);
    let input = shape::ranked(rw, op, non_zero.input(rw))?;
    let (rank, count) = (input.len() as i64, input.iter().product());
    let output = if non_zero.order(rw) == "ColMajor" {
        [count, rank]
    } else {
        [rank, count]
    };
    shape::set_result(rw, non_zero.output(rw), &output);
    Ok(())
}
