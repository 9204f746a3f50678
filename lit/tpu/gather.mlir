// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Gather attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<60004x256xf32>, %arg1: tensor<1x13xsi32>) -> tensor<1x13x256xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.Gather"(%arg0, %arg1, %0) {axis = 0 : si32, if_neg_index = true, is_lora = false} : (tensor<60004x256xf32>, tensor<1x13xsi32>, none) -> tensor<1x13x256xf32>
    %1 = "tpu.Gather"(%arg0, %arg1, %0) {axis = 0 : si32, if_neg_index = true, is_lora = false} : (tensor<60004x256xf32>, tensor<1x13xsi32>, none) -> tensor<1x13x256xf32> loc("x1_Gather")
    return %1 : tensor<1x13x256xf32>
  }
}
