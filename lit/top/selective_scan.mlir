// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @SelectiveScan attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<8x16x1x2xf32>, %arg1: tensor<4x16x8x2xf32>, %arg2: tensor<4x16x8x2xf32>, %arg3: tensor<8x16x2xf32>) -> tensor<*xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "top.SelectiveScan"(%arg0, %arg1, %arg2, %arg3, %0) : (tensor<8x16x1x2xf32>, tensor<4x16x8x2xf32>, tensor<4x16x8x2xf32>, tensor<8x16x2xf32>, none) -> tensor<*xf32>
    // SHAPE: "top.SelectiveScan"{{.*}} -> tensor<8x16x2xf32>
    %1 = "top.SelectiveScan"(%arg0, %arg1, %arg2, %arg3, %0) : (tensor<8x16x1x2xf32>, tensor<4x16x8x2xf32>, tensor<4x16x8x2xf32>, tensor<8x16x2xf32>, none) -> tensor<*xf32> loc("selectivescan")
    return %1 : tensor<*xf32>
  }
}
