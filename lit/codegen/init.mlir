// RUN: tpuc-opt %s --verify-roundtrip --init="level=1 weight_in_mem=True" | FileCheck %s

// Accepted wherever a command line of TPU-MLIR has it; nothing is to be done.
// CHECK: %0 = "top.Input"(%arg0)
// CHECK-NEXT: %1 = "top.Relu"(%0)
// CHECK-NEXT: return %1
module @net attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x4xf32>) -> tensor<1x4xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x4xf32>) -> tensor<1x4xf32> loc("in")
    %1 = "top.Relu"(%0) {relu_limit = -1.000000e+00 : f64} : (tensor<1x4xf32>) -> tensor<1x4xf32> loc("relu")
    return %1 : tensor<1x4xf32>
  }
}
