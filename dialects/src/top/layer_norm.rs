//! `top.LayerNorm`: `(x - mean) / sqrt(variance + eps) * weight + bias`, mean and variance over the dimensions from `axis` on.
//!
//! Source: ONNX LayerNormalization (opset 17) and the pattern that PyTorch exports.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// Normalisation over trailing dimensions.
    pub LayerNorm = "top.LayerNorm", "normalisation over trailing dimensions";
    operands: input: One, weight: Optional, bias: Optional;
    results: output: One;
    attrs:
        axis: si32 [required],
        eps: f64 [required],
        normalized_shape: i64s [required];
    traits: Pure, Quantizable;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: Some(shape::flops_of_normalization);
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let norm = LayerNorm::new_unchecked(op);
    let input = shape::ranked(rw, op, norm.input(rw))?;
    let axis = shape::axis(rw, op, norm.axis(rw), input.len())?;
    let from_start = rw.si32_attr(axis as i32);
    rw.set_attr(op, "axis", from_start);
    let normalized = rw.i64_array_attr(&input[axis..]);
    rw.set_attr(op, "normalized_shape", normalized);
    shape::set_result(rw, norm.output(rw), &input);
    Ok(())
}
