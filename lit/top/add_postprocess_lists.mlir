// RUN: tpuc-opt %s --verify-roundtrip --add-postprocess="type=yolov8" | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --add-postprocess="type=yolov5" | FileCheck %s --check-prefix=V5
// RUN: not tpuc-opt %s --add-postprocess="type=yolov3" 2>&1 | FileCheck %s --check-prefix=MAPS
// RUN: not tpuc-opt %s --add-postprocess="type=ssd" 2>&1 | FileCheck %s --check-prefix=SSD

// CHECK: module.postprocess = "yolov8"
// CHECK: "top.YoloDetection"(%1) {agnostic_nms = false, anchors = [0.000000e+00], class_num = 80 : i64, keep_topk = 200 : i64, net_input_h = 64 : i64, net_input_w = 64 : i64, nms_threshold = 5.000000e-01 : f64, num_boxes = 3 : i64, obj_threshold = 5.000000e-01 : f64, version = "yolov8"} : (tensor<1x84x64xf32>) -> tensor<1x1x200x7xf32>
// V5: version = "yolov5"
// MAPS: error: yolov3 expects one to three outputs of shape [N, 3 * (5 + classes), H, W] whose W divides the image's; the network's outputs are
// SSD: error: ssd expects the outputs locations, scores and prior boxes in this order; choose them with --output_names
module @lists attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x64x64xf32>, %arg1: tensor<1x84x64xf32>) -> tensor<1x84x64xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x3x64x64xf32>) -> tensor<1x3x64x64xf32> loc("i0")
    %1 = "top.Input"(%arg1) {do_preprocess = false} : (tensor<1x84x64xf32>) -> tensor<1x84x64xf32> loc("i1")
    return %1 : tensor<1x84x64xf32>
  }
}
