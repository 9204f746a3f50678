// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Sort attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x16xf32>) -> (tensor<4x16xf32>, tensor<4x16xf32>) {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.Sort"(%arg0, %0) {axis = 1 : i64, descending = true} : (tensor<4x16xf32>, none) -> (tensor<4x16xf32>, tensor<4x16xf32>)
    %1:2 = "tpu.Sort"(%arg0, %0) {axis = 1 : i64, descending = true} : (tensor<4x16xf32>, none) -> (tensor<4x16xf32>, tensor<4x16xf32>) loc("sort")
    return %1#0, %1#1 : tensor<4x16xf32>, tensor<4x16xf32>
  }
}
