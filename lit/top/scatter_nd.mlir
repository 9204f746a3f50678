// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @ScatterND attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x8xf32>, %arg1: tensor<2x1xf32>, %arg2: tensor<2x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.ScatterND"(%arg0, %arg1, %arg2) {reduction = 0 : i32} : (tensor<4x8xf32>, tensor<2x1xf32>, tensor<2x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.ScatterND"{{.*}} -> tensor<4x8xf32>
    %0 = "top.ScatterND"(%arg0, %arg1, %arg2) {reduction = 0 : i32} : (tensor<4x8xf32>, tensor<2x1xf32>, tensor<2x8xf32>) -> tensor<*xf32> loc("scatternd")
    return %0 : tensor<*xf32>
  }
}
