//! `top.Preprocess`: crops to `resize_dims`, orders channels, `(x - mean) * scale`, and quantises by `quant_mode`: what the fused preprocessing
//! of a model does before its first layer.
//!
//! Source: TPU-MLIR's `top.Preprocess`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter};
use crate::op;

op! {
    /// Prepares a picture on the chip.
    pub Preprocess = "top.Preprocess", "prepares a picture on the chip";
    operands: input: One;
    results: output: One;
    attrs:
        channel_order: str [required],
        customization_format: str [required],
        mean: f64s [required],
        quant_mode: str [required],
        resize_dims: i64s [required],
        scale: f64s [required],
        sign: bool [= true];
    traits: Pure;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let output = Preprocess::new_unchecked(op).output(rw);
    shape::ranked(rw, op, output).map(|_| ())
}
