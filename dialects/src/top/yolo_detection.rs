//! `top.YoloDetection`: decodes the feature maps of `version` against `anchors`, drops scores below `obj_threshold`, suppresses overlaps over
//! `nms_threshold` and keeps `keep_topk` rows of seven numbers for each image: image, class, score, and the box as centre, width
//! and height. Rows that are not needed are 0. Runs on the host.
//!
//! Source: TPU-MLIR's `top.YoloDetection`, the post-processing of the YOLO family.

use super::shape;
use crate::ir::{Context, Diagnostic, Op, OpView, Rewriter, op_error};
use crate::op;

op! {
    /// Boxes of a YOLO detector.
    pub YoloDetection = "top.YoloDetection", "boxes of a YOLO detector";
    operands: inputs: Variadic;
    results: output: One;
    attrs:
        agnostic_nms: bool [= false],
        anchors: f64s [required],
        class_num: i64 [= 80],
        keep_topk: i64 [required],
        net_input_h: i64 [required],
        net_input_w: i64 [required],
        nms_threshold: f64 [required],
        num_boxes: i64 [= 3],
        obj_threshold: f64 [required],
        version: (str "yolov3" "yolov3_tiny" "yolov3_spp" "yolov4" "yolov5" "yolov8" "yolov11"
            "yolov26") [required];
    traits: Pure;
    verify: Some(verify);
    infer_shape: Some(infer_shape);
    flops: Some(shape::flops_per_element::<1>);
}

fn verify(ctx: &Context, op: Op, found: &mut Vec<Diagnostic>) {
    if ctx.operands(op).is_empty() {
        found.push(op_error(ctx, op, "expects 1 or more operands, found 0"));
    }
}

fn infer_shape(rw: &mut Rewriter<'_>, op: Op) -> Result<(), Diagnostic> {
    let detection = YoloDetection::new_unchecked(op);
    let first = shape::ranked(rw, op, detection.inputs(rw)[0])?;
    let batch = first.first().copied().unwrap_or(1);
    let rows = batch.saturating_mul(detection.keep_topk(rw));
    let output = [1, 1, rows, 7];
    shape::set_result(rw, detection.output(rw), &output);
    Ok(())
}
