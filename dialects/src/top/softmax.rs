//! `top.Softmax`: `exp(beta * x) / sum(exp(beta * x))` along `axis`, its logarithm if `log`.
//!
//! Source: ONNX Softmax and LogSoftmax (opset 13); attributes as TPU-MLIR's `top.Softmax`.

use super::shape;
use crate::ir::{Context, Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// Exponentials of a dimension, normalised to sum 1.
    pub Softmax = "top.Softmax", "exponentials of a dimension, normalised to sum 1";
    operands: input: One;
    results: output: One;
    attrs:
        axis: si32 [required],
        beta: f64 [= 1.0],
        log: bool [= false],
        round_mode: (str "HalfAwayFromZero" "HalfUp" "HalfDown" "HalfToEven" "HalfToOdd" "HalfTowardsZero" "TowardsZero" "Up" "Down") [= "HalfAwayFromZero"];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: Some(flops);
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let softmax = Softmax::new_unchecked(op);
    let input = shape::ranked(rw, op, softmax.input(rw))?;
    let axis = shape::axis(rw, op, softmax.axis(rw), input.len())?;
    let attr = rw.si32_attr(axis as i32);
    rw.set_attr(op, "axis", attr);
    shape::set_result(rw, softmax.output(rw), &input);
    Ok(())
}

fn flops(ctx: &Context, op: Op) -> i64 {
    let log = Softmax::new_unchecked(op).log(ctx);
    shape::elements(ctx, op) * if log { 6 } else { 5 }
}
