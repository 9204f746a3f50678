// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @LogicalAnd attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.LogicalAnd"(%arg0, %arg1) : (tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.LogicalAnd"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.LogicalAnd"(%arg0, %arg1) : (tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("logicaland")
    return %0 : tensor<*xf32>
  }
}
