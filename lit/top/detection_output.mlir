// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @DetectionOutput attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x7668xf32>, %arg1: tensor<1x40257xf32>, %arg2: tensor<1x2x7668xf32>) -> tensor<*xf32> {
    // CHECK: "top.DetectionOutput"(%arg0, %arg1, %arg2) {background_label_id = 0 : i64, code_type = "CENTER_SIZE", confidence_threshold = 2.500000e-01 : f64, eta = 1.000000e+00 : f64, keep_top_k = 200 : i64, nms_threshold = 4.500000e-01 : f64, num_classes = 21 : i64, share_location = true, top_k = 400 : i64, variance_encoded_in_target = 0.000000e+00 : f64} : (tensor<1x7668xf32>, tensor<1x40257xf32>, tensor<1x2x7668xf32>) -> tensor<*xf32>
    // SHAPE: "top.DetectionOutput"{{.*}} -> tensor<1x1x200x7xf32>
    %0 = "top.DetectionOutput"(%arg0, %arg1, %arg2) {background_label_id = 0 : i64, code_type = "CENTER_SIZE", confidence_threshold = 2.500000e-01 : f64, eta = 1.000000e+00 : f64, keep_top_k = 200 : i64, nms_threshold = 4.500000e-01 : f64, num_classes = 21 : i64, share_location = true, top_k = 400 : i64, variance_encoded_in_target = 0.000000e+00 : f64} : (tensor<1x7668xf32>, tensor<1x40257xf32>, tensor<1x2x7668xf32>) -> tensor<*xf32> loc("detectionoutput")
    return %0 : tensor<*xf32>
  }
}
