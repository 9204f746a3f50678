// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Squeeze attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<3x1x32x1xf32>, %arg1: tensor<3x1x32x1xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.Squeeze"(%arg0) {axes = [], is_scalar = false} : (tensor<3x1x32x1xf32>) -> tensor<*xf32>
    // SHAPE: "top.Squeeze"{{.*}} -> tensor<3x32xf32>
    %0 = "top.Squeeze"(%arg0) {axes = [], is_scalar = false} : (tensor<3x1x32x1xf32>) -> tensor<*xf32> loc("output_2_Squeeze")
    // CHECK: "top.Squeeze"(%arg1) {axes = [1, 3], is_scalar = false} : (tensor<3x1x32x1xf32>) -> tensor<*xf32>
    // SHAPE: "top.Squeeze"{{.*}} -> tensor<3x32xf32>
    %1 = "top.Squeeze"(%arg1) {axes = [1, 3], is_scalar = false} : (tensor<3x1x32x1xf32>) -> tensor<*xf32> loc("output_1_Squeeze")
    return %0, %1 : tensor<*xf32>, tensor<*xf32>
  }
}
