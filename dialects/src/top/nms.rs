//! `top.Nms`: indices (batch, class, box) of the boxes that remain of each class after suppression; inputs are boxes, scores, the most
//! boxes of a class, the overlap and the score threshold. The number of rows is the largest possible. Runs on the host.
//!
//! Source: ONNX NonMaxSuppression (opset 11); attributes as TPU-MLIR's `top.Nms`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Suppresses overlapping boxes.
    pub Nms = "top.Nms", "suppresses overlapping boxes";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        center_point_box: i64 [required],
        max_output_size: i64 [required];
    traits: Pure;
    verify: Some(shape::at_least_two_operands);
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let nms = Nms::new_unchecked(op);
    let scores = shape::ranked(rw, op, nms.inputs(rw)[1])?;
    if scores.len() != 3 {
        return Err(op_error(
            rw,
            op,
            format_args!("expects scores of rank 3, found {}", shape::text(&scores)),
        ));
    }
    let rows = scores[1].saturating_mul(nms.max_output_size(rw));
    shape::set_result(rw, nms.output(rw), &[rows, 3]);
    Ok(())
}
