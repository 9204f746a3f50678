// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @CumSum attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.CumSum"(%arg0, %0) {axis = 1 : i64} : (tensor<1x16x8x8xf32>, none) -> tensor<1x16x8x8xf32>
    %1 = "tpu.CumSum"(%arg0, %0) {axis = 1 : i64} : (tensor<1x16x8x8xf32>, none) -> tensor<1x16x8x8xf32> loc("cumsum")
    return %1 : tensor<1x16x8x8xf32>
  }
}
