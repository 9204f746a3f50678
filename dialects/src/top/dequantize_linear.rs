//! `top.DequantizeLinear`: `(x - x_zero_point) * x_scale`, one value for all or one for each index of `axis`.
//!
//! Source: ONNX DequantizeLinear (opset 13); attributes as TPU-MLIR's `top.DequantizeLinear`.

use super::shape;
use crate::ir::{Context, Diagnostic, Op, OpView, op_error};
use crate::op;

op! {
    /// Integers to floats.
    pub DequantizeLinear = "top.DequantizeLinear", "integers to floats";
    operands: input: One;
    results: output: One;
    attrs:
        axis: i64 [= 1],
        x_scale: f64s [required],
        x_zero_point: i64s [required];
    traits: Pure;
    verify: Some(verify);
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}

fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let quantize = DequantizeLinear::new_unchecked(op);
    let (scales, zero_points) = (quantize.x_scale(ctx).len(), quantize.x_zero_point(ctx).len());
    if scales == 0 || (zero_points != scales && zero_points != 1) {
        found.push(op_error(
            ctx,
            op,
            format_args!(
                "expects as many values in 'x_zero_point' as in 'x_scale', found {zero_points} and {scales}"
            ),
        ));
    }
}
