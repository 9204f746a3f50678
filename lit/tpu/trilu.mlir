// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Trilu attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x8x8xf32>) -> tensor<4x8x8xf32> {
    // CHECK: "tpu.Trilu"(%arg0) {diagonal = 0 : si32, upper = 1 : si32} : (tensor<4x8x8xf32>) -> tensor<4x8x8xf32>
    %0 = "tpu.Trilu"(%arg0) {diagonal = 0 : si32, upper = 1 : si32} : (tensor<4x8x8xf32>) -> tensor<4x8x8xf32> loc("trilu")
    return %0 : tensor<4x8x8xf32>
  }
}
