//! `top.Variance`: `sum((x - mean)^2) / (n - correction)` over the dimensions `reduce_list`, all of them if it is empty; they are kept with
//! size 1 if `keep_dims`.
//!
//! Source: TPU-MLIR's `top.Variance`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// Variance over dimensions.
    pub Variance = "top.Variance", "variance over dimensions";
    operands: input: One;
    results: output: One;
    attrs:
        correction: f64 [required],
        keep_dims: bool [= false],
        reduce_list: i64s [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let variance = Variance::new_unchecked(op);
    let input = shape::ranked(rw, op, variance.input(rw))?;
    let axes = variance
        .reduce_list(rw)
        .into_iter()
        .map(|axis| shape::axis(rw, op, axis, input.len()))
        .collect::<Result<Vec<_>, _>>()?;
    let keep = variance.keep_dims(rw);
    let mut output = Vec::with_capacity(input.len());
    for (index, dim) in input.iter().enumerate() {
        if !axes.is_empty() && !axes.contains(&index) {
            output.push(*dim);
        } else if keep {
            output.push(1);
        }
    }
    if output.is_empty() {
        output.push(1);
    }
    shape::set_result(rw, variance.output(rw), &output);
    Ok(())
}
