//! `top.Correlation`: stereo matching: for each group of channels and each disparity `d` below `max_disp`, the mean over the channels of
//! `left[h, w] * right[h, w - d]`, zero where `w < d`. 1, C, H, W twice gives `num_groups`, `max_disp`, H, W.
//!
//! Source: TPU-MLIR's `top.Correlation` (a custom ONNX operator).

use super::shape;
use crate::ir::{Context, Diagnostic, Op, OpView, Rewriter, Shape, Value, op_error};
use crate::op;

op! {
    /// Correlation of two feature maps for each disparity.
    pub Correlation = "top.Correlation", "correlation of two feature maps for each disparity";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        max_disp: i64 [= 0],
        num_groups: i64 [= 1];
    traits: Pure, Quantizable;
    verify: Some(verify);
    infer_shape: Some(infer_shape);
    flops: None;
}

/// Verifies `inputs` and `max_disp` of the operations on stereo pairs.
pub(super) fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let count = ctx.operands(op).len();
    if count != 2 {
        found.push(op_error(
            ctx,
            op,
            format_args!("expects 2 operands, found {count}"),
        ));
    }
    for name in ["max_disp", "num_groups"] {
        if let Some(value) = ctx.get_i64(op, name)
            && value < 1
        {
            found.push(op_error(
                ctx,
                op,
                format_args!("expects a positive '{name}', found {value}"),
            ));
        }
    }
}

/// The common shape of a left and a right feature map.
pub(super) fn stereo_pair(rw: &Rewriter<'_>, op: Op, inputs: &[Value]) -> Result<Shape, Diagnostic> {
    let (left, right) = (
        shape::ranked(rw, op, inputs[0])?,
        shape::ranked(rw, op, inputs[1])?,
    );
    if left.len() != 4 || left != right {
        return Err(op_error(
            rw,
            op,
            format_args!(
                "expects two inputs of rank 4 and of one shape, found {} and {}",
                shape::text(&left),
                shape::text(&right)
            ),
        ));
    }
    Ok(left)
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let correlation = Correlation::new_unchecked(op);
    let input = stereo_pair(rw, op, correlation.inputs(rw))?;
    let output = [
        correlation.num_groups(rw),
        correlation.max_disp(rw),
        input[2],
        input[3],
    ];
    shape::set_result(rw, correlation.output(rw), &output);
    Ok(())
}
