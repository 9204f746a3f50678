// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @YoloDetection attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x255x80x80xf32>, %arg1: tensor<1x255x40x40xf32>, %arg2: tensor<1x255x20x20xf32>) -> tensor<*xf32> {
    // CHECK: "top.YoloDetection"(%arg0, %arg1, %arg2) {agnostic_nms = false, anchors = [1.000000e+01, 1.300000e+01, 1.600000e+01, 3.000000e+01, 3.300000e+01, 2.300000e+01, 3.000000e+01, 6.100000e+01, 6.200000e+01, 4.500000e+01, 5.900000e+01, 1.190000e+02, 1.160000e+02, 9.000000e+01, 1.560000e+02, 1.980000e+02, 3.730000e+02, 3.260000e+02], class_num = 80 : i64, keep_topk = 200 : i64, net_input_h = 640 : i64, net_input_w = 640 : i64, nms_threshold = 5.000000e-01 : f64, num_boxes = 3 : i64, obj_threshold = 5.000000e-01 : f64, version = "yolov5"} : (tensor<1x255x80x80xf32>, tensor<1x255x40x40xf32>, tensor<1x255x20x20xf32>) -> tensor<*xf32>
    // SHAPE: "top.YoloDetection"{{.*}} -> tensor<1x1x200x7xf32>
    %0 = "top.YoloDetection"(%arg0, %arg1, %arg2) {agnostic_nms = false, anchors = [1.000000e+01, 1.300000e+01, 1.600000e+01, 3.000000e+01, 3.300000e+01, 2.300000e+01, 3.000000e+01, 6.100000e+01, 6.200000e+01, 4.500000e+01, 5.900000e+01, 1.190000e+02, 1.160000e+02, 9.000000e+01, 1.560000e+02, 1.980000e+02, 3.730000e+02, 3.260000e+02], class_num = 80 : i64, keep_topk = 200 : i64, net_input_h = 640 : i64, net_input_w = 640 : i64, nms_threshold = 5.000000e-01 : f64, num_boxes = 3 : i64, obj_threshold = 5.000000e-01 : f64, version = "yolov5"} : (tensor<1x255x80x80xf32>, tensor<1x255x40x40xf32>, tensor<1x255x20x20xf32>) -> tensor<*xf32> loc("yolodetection")
    return %0 : tensor<*xf32>
  }
}
