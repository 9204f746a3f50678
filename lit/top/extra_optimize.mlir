// RUN: tpuc-opt %s --verify-roundtrip --extra-optimize | FileCheck %s

// One addition and one relu for each of 256 elements.
// CHECK: module.FLOPs = 512 : i64
module @net attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> loc("in")
    %1 = "top.Add"(%0, %0) {do_relu = true, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> loc("add")
    return %1 : tensor<1x4x8x8xf32>
  }
}
