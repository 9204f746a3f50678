// RUN: tpuc-opt %s --verify-roundtrip --add-postprocess="type=ssd" | FileCheck %s
// RUN: not tpuc-opt %s --add-postprocess="type=yolov4" 2>&1 | FileCheck %s --check-prefix=MAPS

// CHECK: module.postprocess = "ssd"
// CHECK: "top.DetectionOutput"(%1, %2, %3) {background_label_id = 0 : i64, code_type = "CENTER_SIZE", confidence_threshold = 5.000000e-02 : f64, eta = 1.000000e+00 : f64, keep_top_k = 200 : i64, nms_threshold = 5.000000e-01 : f64, num_classes = 5 : i64, share_location = true, top_k = 200 : i64, variance_encoded_in_target = 0.000000e+00 : f64} : (tensor<1x64xf32>, tensor<1x5x16xf32>, tensor<1x2x64xf32>) -> tensor<1x1x200x7xf32> loc(#[[POST:loc[0-9]+]])
// CHECK: #[[POST]] = loc("ssd_post")
// MAPS: error: yolov4 expects one to three outputs
module @ssd attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x64x64xf32>, %arg1: tensor<1x64xf32>, %arg2: tensor<1x5x16xf32>, %arg3: tensor<1x2x64xf32>) -> (tensor<1x64xf32>, tensor<1x5x16xf32>, tensor<1x2x64xf32>) {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x3x64x64xf32>) -> tensor<1x3x64x64xf32> loc("i0")
    %1 = "top.Input"(%arg1) {do_preprocess = false} : (tensor<1x64xf32>) -> tensor<1x64xf32> loc("i1")
    %2 = "top.Input"(%arg2) {do_preprocess = false} : (tensor<1x5x16xf32>) -> tensor<1x5x16xf32> loc("i2")
    %3 = "top.Input"(%arg3) {do_preprocess = false} : (tensor<1x2x64xf32>) -> tensor<1x2x64xf32> loc("i3")
    return %1, %2, %3 : tensor<1x64xf32>, tensor<1x5x16xf32>, tensor<1x2x64xf32>
  }
}
