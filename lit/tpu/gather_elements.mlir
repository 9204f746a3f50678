// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @GatherElements attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<3x8xf32>, %arg1: tensor<2x8xf32>) -> tensor<2x8xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.GatherElements"(%arg0, %arg1, %0, %0) {axis = 0 : i64} : (tensor<3x8xf32>, tensor<2x8xf32>, none, none) -> tensor<2x8xf32>
    %1 = "tpu.GatherElements"(%arg0, %arg1, %0, %0) {axis = 0 : i64} : (tensor<3x8xf32>, tensor<2x8xf32>, none, none) -> tensor<2x8xf32> loc("gatherelements")
    return %1 : tensor<2x8xf32>
  }
}
