//! `top.DetectionOutput`: decodes locations against prior boxes (`code_type`), drops scores below `confidence_threshold`, suppresses overlaps over
//! `nms_threshold` and keeps `keep_top_k` rows of image, class, score and corners. Inputs: locations, scores, priors.
//! Runs on the host.
//!
//! Source: TPU-MLIR's `top.DetectionOutput`, the post-processing of SSD.

use super::shape;
use crate::ir::{Context, Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Boxes of a single-shot detector.
    pub DetectionOutput = "top.DetectionOutput", "boxes of a single-shot detector";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        background_label_id: i64 [= 0],
        code_type: (str "CORNER" "CENTER_SIZE" "CORNER_SIZE") [required],
        confidence_threshold: f64 [required],
        eta: f64 [= 1.0],
        keep_top_k: i64 [required],
        nms_threshold: f64 [required],
        num_classes: i64 [required],
        share_location: bool [= true],
        top_k: i64 [required],
        variance_encoded_in_target: f64 [= 0.0];
    traits: Pure;
    verify: Some(verify);
    infer_shape: Some(infer_shape);
    flops: Some(shape::flops_per_element::<1>);
}

fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let count = ctx.operands(op).len();
    if !(2..=3).contains(&count) {
        found.push(op_error(
            ctx,
            op,
            format_args!("expects 2 or 3 operands, found {count}"),
        ));
    }
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let detection = DetectionOutput::new_unchecked(op);
    let locations = shape::ranked(rw, op, detection.inputs(rw)[0])?;
    let batch = locations.first().copied().unwrap_or(1);
    let rows = batch.saturating_mul(detection.keep_top_k(rw));
    let output = [1, 1, rows, 7];
    shape::set_result(rw, detection.output(rw), &output);
    Ok(())
}
