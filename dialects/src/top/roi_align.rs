//! `top.RoiAlign`: mean or maximum of bilinear samples in each bin of each region; `rois` are rows of batch index and corners.
//!
//! Source: ONNX RoiAlign (opset 16); attributes as TPU-MLIR's `top.RoiAlign`.

use super::shape;
use crate::ir::{Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Pools regions of interest.
    pub RoiAlign = "top.RoiAlign", "pools regions of interest";
    operands: input: One, rois: One;
    results: output: One;
    attrs:
        align_corners: bool [required],
        mode: (str "Avg" "Max") [required],
        output_height: i64 [required],
        output_width: i64 [required],
        sampling_ratio: i64 [required],
        spatial_scale: f64 [required];
    traits: Pure;
    verify: None;
    infer_shape: Some(infer_shape);
    flops: None;
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let roi = RoiAlign::new_unchecked(op);
    let input = shape::ranked(rw, op, roi.input(rw))?;
    let rois = shape::ranked(rw, op, roi.rois(rw))?;
    if input.len() != 4 || rois.is_empty() {
        return Err(op_error(
            rw,
            op,
            format_args!("expects an input of rank 4, found {}", shape::text(&input)),
        ));
    }
    let output = [rois[0], input[1], roi.output_height(rw), roi.output_width(rw)];
    shape::set_result(rw, roi.output(rw), &output);
    Ok(())
}
