// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Reshape attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<2x3x4x5xf32>, %arg1: tensor<1x4x5x6xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.Reshape"(%arg0) {flatten_start_dim = 2 : i64, shape = [6, 20]} : (tensor<2x3x4x5xf32>) -> tensor<*xf32>
    // SHAPE: "top.Reshape"{{.*}} -> tensor<6x20xf32>
    %0 = "top.Reshape"(%arg0) {flatten_start_dim = 2 : i64, shape = [6, 20]} : (tensor<2x3x4x5xf32>) -> tensor<*xf32> loc("x_Flatten")
    // CHECK: "top.Reshape"(%arg1) {flatten_start_dim = -1 : i64, shape = [1, -1, 2]} : (tensor<1x4x5x6xf32>) -> tensor<*xf32>
    // SHAPE: "top.Reshape"{{.*}} -> tensor<1x60x2xf32>
    %1 = "top.Reshape"(%arg1) {flatten_start_dim = -1 : i64, shape = [1, -1, 2]} : (tensor<1x4x5x6xf32>) -> tensor<*xf32> loc("446_Reshape")
    return %0, %1 : tensor<*xf32>, tensor<*xf32>
  }
}
