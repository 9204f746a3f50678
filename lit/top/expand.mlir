// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Expand attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16xf32>, %arg1: tensor<1x3x1x16xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.Expand"(%arg0) {shape = [4, 16, 1]} : (tensor<1x16xf32>) -> tensor<*xf32>
    // SHAPE: "top.Expand"{{.*}} -> tensor<4x16x16xf32>
    %0 = "top.Expand"(%arg0) {shape = [4, 16, 1]} : (tensor<1x16xf32>) -> tensor<*xf32> loc("output_Expand")
    // CHECK: "top.Expand"(%arg1) {shape = [1, 3, 16, 16]} : (tensor<1x3x1x16xf32>) -> tensor<*xf32>
    // SHAPE: "top.Expand"{{.*}} -> tensor<1x3x16x16xf32>
    %1 = "top.Expand"(%arg1) {shape = [1, 3, 16, 16]} : (tensor<1x3x1x16xf32>) -> tensor<*xf32> loc("output_Expand")
    return %0, %1 : tensor<*xf32>, tensor<*xf32>
  }
}
