//! `top.RoiExtractor`: `top.RoiAlign` of each region on the level of the feature pyramid that `target_lvls` names.
//!
//! Source: TPU-MLIR's `top.RoiExtractor` (a custom ONNX operator of MMDetection).

use super::shape;
use crate::ir::{Context, Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Pools regions of interest from a pyramid.
    pub RoiExtractor = "top.RoiExtractor", "pools regions of interest from a pyramid";
    operands: rois: One, target_lvls: One, inputs: Variadic;
    results: output: One;
    attrs:
        align_corners: bool [required],
        is_static: bool [required],
        mode: (str "Avg" "Max") [required],
        num_levels: i64 [required],
        output_height: i64 [required],
        output_width: i64 [required],
        sampling_ratio: i64 [required],
        spatial_scales: f64s [required];
    traits: Pure;
    verify: Some(verify);
    infer_shape: Some(infer_shape);
    flops: None;
}

fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    let roi = RoiExtractor::new_unchecked(op);
    let (levels, inputs) = (roi.num_levels(ctx), roi.inputs(ctx).len());
    if levels < 1 || inputs as i64 != levels || roi.spatial_scales(ctx).len() != inputs {
        found.push(op_error(
            ctx,
            op,
            format_args!("expects an input and a scale for each of {levels} levels, found {inputs} inputs"),
        ));
    }
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let roi = RoiExtractor::new_unchecked(op);
    let rois = shape::ranked(rw, op, roi.rois(rw))?;
    let level = shape::ranked(rw, op, roi.inputs(rw)[0])?;
    if level.len() != 4 || rois.is_empty() {
        return Err(op_error(
            rw,
            op,
            format_args!("expects an input of rank 4, found {}", shape::text(&level)),
        ));
    }
    let output = [rois[0], level[1], roi.output_height(rw), roi.output_width(rw)];
    shape::set_result(rw, roi.output(rw), &output);
    Ok(())
}
