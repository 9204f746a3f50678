// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Reverse attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x8xf32>) -> tensor<4x8xf32> {
    // CHECK: "tpu.Reverse"(%arg0) {axis = 1 : i64} : (tensor<4x8xf32>) -> tensor<4x8xf32>
    %0 = "tpu.Reverse"(%arg0) {axis = 1 : i64} : (tensor<4x8xf32>) -> tensor<4x8xf32> loc("reverse")
    return %0 : tensor<4x8xf32>
  }
}
