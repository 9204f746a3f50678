//! `tpu.DetectionOutput`: as `top.DetectionOutput`; on the host. The last operand is scratch memory or none.
//!
//! Source: TPU-MLIR's operation definition `tpu.DetectionOutput`.

use crate::op;

op! {
    /// Boxes of a single-shot detector.
    pub DetectionOutput = "tpu.DetectionOutput", "boxes of a single-shot detector";
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
        onnx_nms: i64 [= 1],
        share_location: bool [= true],
        top_k: i64 [required],
        variance_encoded_in_target: f64 [= 0.0];
    traits: Pure;
    verify: None;
    infer_shape: None;
    flops: None;
}
