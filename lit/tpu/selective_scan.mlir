// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @SelectiveScan attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<8x16x1x2xf32>, %arg1: tensor<4x16x8x2xf32>, %arg2: tensor<4x16x8x2xf32>, %arg3: tensor<8x16x2xf32>) -> tensor<8x16x2xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.SelectiveScan"(%arg0, %arg1, %arg2, %arg3, %0) : (tensor<8x16x1x2xf32>, tensor<4x16x8x2xf32>, tensor<4x16x8x2xf32>, tensor<8x16x2xf32>, none) -> tensor<8x16x2xf32>
    %1 = "tpu.SelectiveScan"(%arg0, %arg1, %arg2, %arg3, %0) : (tensor<8x16x1x2xf32>, tensor<4x16x8x2xf32>, tensor<4x16x8x2xf32>, tensor<8x16x2xf32>, none) -> tensor<8x16x2xf32> loc("selectivescan")
    return %1 : tensor<8x16x2xf32>
  }
}
