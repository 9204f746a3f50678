// RUN: tpuc-opt %s --split-input-file --verify-roundtrip --add-postprocess | FileCheck %s --check-prefix=NOTHING
// RUN: tpuc-opt %s --verify-roundtrip --add-postprocess="type=yolov3" | FileCheck %s --check-prefix=CHECK
// RUN: tpuc-opt %s --verify-roundtrip --add-postprocess="type=yolov3_tiny" | FileCheck %s --check-prefix=TINY
// RUN: not tpuc-opt %s --add-postprocess="type=yolov8" 2>&1 | FileCheck %s --check-prefix=SHAPES
// RUN: not tpuc-opt %s --add-postprocess="type=yolov9" 2>&1 | FileCheck %s --check-prefix=TYPE

// NOTHING-NOT: module.postprocess

// The finest map comes first.
// CHECK: module.postprocess = "yolov3"
// CHECK: func.func @main({{.*}}) -> tensor<1x1x200x7xf32> {
// CHECK: %3 = "top.YoloDetection"(%2, %1) {agnostic_nms = false, anchors = [1.000000e+01, 1.300000e+01, 1.600000e+01, 3.000000e+01, 3.300000e+01, 2.300000e+01, 3.000000e+01, 6.100000e+01, 6.200000e+01, 4.500000e+01, 5.900000e+01, 1.190000e+02], class_num = 80 : i64, keep_topk = 200 : i64, net_input_h = 64 : i64, net_input_w = 64 : i64, nms_threshold = 5.000000e-01 : f64, num_boxes = 3 : i64, obj_threshold = 5.000000e-01 : f64, version = "yolov3"} : (tensor<1x255x4x4xf32>, tensor<1x255x2x2xf32>) -> tensor<1x1x200x7xf32> loc(#[[POST:loc[0-9]+]])
// CHECK-NEXT: return %3
// CHECK: #[[POST]] = loc("yolo_post")
// TINY: "top.YoloDetection"(%2, %1) {{.*}}anchors = [1.000000e+01, 1.400000e+01, 2.300000e+01, 2.700000e+01, 3.700000e+01, 5.800000e+01, 8.100000e+01, 8.200000e+01, 1.350000e+02, 1.690000e+02, 3.440000e+02, 3.190000e+02]{{.*}}version = "yolov3_tiny"
// SHAPES: error: yolov8 expects one output of shape [N, 4 + classes, candidates]; the network's outputs are {{\[\[}}1, 255, 2, 2], [1, 255, 4, 4]]; choose them with --output_names
// TYPE: error: unknown post-processing 'yolov9'; yolov3, yolov3_tiny, yolov4, yolov5, yolov8, yolov11, yolov26, ssd are supported, or leave it to the application
module @maps attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x64x64xf32>, %arg1: tensor<1x255x2x2xf32>, %arg2: tensor<1x255x4x4xf32>) -> (tensor<1x255x2x2xf32>, tensor<1x255x4x4xf32>) {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x3x64x64xf32>) -> tensor<1x3x64x64xf32> loc("i0")
    %1 = "top.Input"(%arg1) {do_preprocess = false} : (tensor<1x255x2x2xf32>) -> tensor<1x255x2x2xf32> loc("i1")
    %2 = "top.Input"(%arg2) {do_preprocess = false} : (tensor<1x255x4x4xf32>) -> tensor<1x255x4x4xf32> loc("i2")
    return %1, %2 : tensor<1x255x2x2xf32>, tensor<1x255x4x4xf32>
  }
}
