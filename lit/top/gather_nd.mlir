// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @GatherND attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<2x3x4xf32>, %arg1: tensor<2x5x2xf32>) -> tensor<*xf32> {
    // CHECK: "top.GatherND"(%arg0, %arg1) {batch_dims = 0 : i64} : (tensor<2x3x4xf32>, tensor<2x5x2xf32>) -> tensor<*xf32>
    // SHAPE: "top.GatherND"{{.*}} -> tensor<2x5x4xf32>
    %0 = "top.GatherND"(%arg0, %arg1) {batch_dims = 0 : i64} : (tensor<2x3x4xf32>, tensor<2x5x2xf32>) -> tensor<*xf32> loc("gathernd")
    return %0 : tensor<*xf32>
  }
}
