//! `top.CumSum`: `y[i] = x[0] + ... + x[i]` along `axis`.
//!
//! Source: ONNX CumSum (opset 14).

use super::shape;
use crate::ir::{Context, Op, OpView};
use crate::op;

op! {
    /// Running sum.
    pub CumSum = "top.CumSum", "running sum";
    operands: input: One, dim: Optional;
    results: output: One;
    attrs:
        axis: i64 [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(flops);
}

/// One for each addition.
fn flops(ctx: &Context, op: Op) -> i64 {
    let sum = CumSum::new_unchecked(op);
    let Some(shape) = ctx.shape(sum.output(ctx)) else {
        return 0;
    };
    let axis = sum.axis(ctx);
    let axis = if axis < 0 { axis + shape.len() as i64 } else { axis };
    let length = usize::try_from(axis)
        .ok()
        .and_then(|axis| shape.get(axis).copied())
        .unwrap_or(1)
        .max(1);
    shape.iter().product::<i64>() / length * (length - 1)
}
