//! `top.LRN`: `x / (bias + alpha / size * sum(x * x over size neighbouring channels)) ^ beta`.
//!
//! Source: ONNX LRN (opset 13).

use super::shape;
use crate::ir::{Context, Op, OpView};
use crate::op;

op! {
    /// Local response normalisation.
    pub LRN = "top.LRN", "local response normalisation";
    operands: input: One;
    results: output: One;
    attrs:
        alpha: f64 [= 0.0001],
        beta: f64 [= 0.75],
        bias: f64 [= 1.0],
        size: i64 [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(shape::same_as_input);
    flops: Some(flops);
}

/// As TPU-MLIR counts: additions of the sliding window, and four more for each element.
fn flops(ctx: &Context, op: Op) -> i64 {
    let lrn = LRN::new_unchecked(op);
    let Some(shape) = ctx.shape(lrn.output(ctx)) else {
        return 0;
    };
    let (channels, size) = (shape.get(1).copied().unwrap_or(1), lrn.size(ctx));
    shape.iter().product::<i64>() * (4 + (size - 1) * (channels - size - 1))
}
