// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Reduce attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x4x4x16x16x64xf32>) -> tensor<4x4x4x64xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.Reduce"(%arg0, %0, %0) {axes = [3, 4], keepdims = false, mode = "ReduceSum"} : (tensor<4x4x4x16x16x64xf32>, none, none) -> tensor<4x4x4x64xf32>
    %1 = "tpu.Reduce"(%arg0, %0, %0) {axes = [3, 4], keepdims = false, mode = "ReduceSum"} : (tensor<4x4x4x16x16x64xf32>, none, none) -> tensor<4x4x4x64xf32> loc("o_l2_ReduceL2_ReduceSum")
    return %1 : tensor<4x4x4x64xf32>
  }
}
