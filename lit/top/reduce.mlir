// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Reduce attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<8x16x32x64xf32>, %arg1: tensor<2x200x7x7xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.Reduce"(%arg0) {axes = [0], is_scalar = false, keepdims = false, mode = "ReduceMean"} : (tensor<8x16x32x64xf32>) -> tensor<*xf32>
    // SHAPE: "top.Reduce"{{.*}} -> tensor<16x32x64xf32>
    %0 = "top.Reduce"(%arg0) {axes = [0], is_scalar = false, keepdims = false, mode = "ReduceMean"} : (tensor<8x16x32x64xf32>) -> tensor<*xf32> loc("output_ReduceMean")
    // CHECK: "top.Reduce"(%arg1) {axes = [1, 2], is_scalar = false, keepdims = true, mode = "ReduceMean"} : (tensor<2x200x7x7xf32>) -> tensor<*xf32>
    // SHAPE: "top.Reduce"{{.*}} -> tensor<2x1x1x7xf32>
    %1 = "top.Reduce"(%arg1) {axes = [1, 2], is_scalar = false, keepdims = true, mode = "ReduceMean"} : (tensor<2x200x7x7xf32>) -> tensor<*xf32> loc("output_ReduceMean")
    return %0, %1 : tensor<*xf32>, tensor<*xf32>
  }
}
