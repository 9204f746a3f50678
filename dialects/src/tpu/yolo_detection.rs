//! `tpu.YoloDetection`: as `top.YoloDetection`; on the host. The last operand is scratch memory or none.
//!
//! Source: TPU-MLIR's operation definition `tpu.YoloDetection`.

use crate::op;

op! {
    /// Boxes of a YOLO detector.
    pub YoloDetection = "tpu.YoloDetection", "boxes of a YOLO detector";
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
    verify: None;
    infer_shape: None;
    flops: None;
}
