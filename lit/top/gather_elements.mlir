// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @GatherElements attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<2x2x2xf32>, %arg1: tensor<2x2x2xf32>) -> tensor<*xf32> {
    // CHECK: "top.GatherElements"(%arg0, %arg1) {axis = 2 : i64} : (tensor<2x2x2xf32>, tensor<2x2x2xf32>) -> tensor<*xf32>
    // SHAPE: "top.GatherElements"{{.*}} -> tensor<2x2x2xf32>
    %0 = "top.GatherElements"(%arg0, %arg1) {axis = 2 : i64} : (tensor<2x2x2xf32>, tensor<2x2x2xf32>) -> tensor<*xf32> loc("gather_output_GatherElements")
    return %0 : tensor<*xf32>
  }
}
