//! `top.QuantizeLinear`: `saturate(round(x / y_scale) + y_zero_point)`, half to even, one value for all or one for each index of `axis`.
//!
//! Source: ONNX QuantizeLinear (opset 13); attributes as TPU-MLIR's `top.QuantizeLinear`.

use super::shape;
use crate::ir::{Context, Diagnostic, Op, OpView, op_error};
use crate::op;

op! {
    /// Floats to integers.
    pub QuantizeLinear = "top.QuantizeLinear", "floats to integers";
    operands: input: One;
    results: output: One;
    attrs:
        axis: i64 [= 1],
        y_scale: f64s [required],
        y_zero_point: i64s [required];
    traits: Pure;
    verify: Some(verify);
    infer_shape: Some(shape::same_as_input);
    flops: Some(shape::flops_per_element::<1>);
}

fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let quantize = QuantizeLinear::new_unchecked(op);
    let (scales, zero_points) = (quantize.y_scale(ctx).len(), quantize.y_zero_point(ctx).len());
    if scales == 0 || (zero_points != scales && zero_points != 1) {
        found.push(op_error(
            ctx,
            op,
            format_args!(
                "expects as many values in 'y_zero_point' as in 'y_scale', found {zero_points} and {scales}"
            ),
        ));
    }
}
