// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Weight2Activation attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<60004x256xf32>) -> tensor<60004x256xf32> {
    // CHECK: "tpu.Weight2Activation"(%arg0) : (tensor<60004x256xf32>) -> tensor<60004x256xf32>
    %0 = "tpu.Weight2Activation"(%arg0) : (tensor<60004x256xf32>) -> tensor<60004x256xf32> loc("tokens_convert_to_activation")
    return %0 : tensor<60004x256xf32>
  }
}
