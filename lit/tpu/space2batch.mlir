// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Space2Batch attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x2048x110x70xf32, 4406198272 : i64>, %arg1: tensor<113246208xf32, 4469276672 : i64>) -> tensor<576x2048x6x4xf32, 4922261504 : i64> {
    // CHECK: "tpu.Space2Batch"(%arg0, %arg1) {block_h = 24 : i64, block_w = 24 : i64, pads = [9, 25, 9, 17]} : (tensor<1x2048x110x70xf32, 4406198272 : i64>, tensor<113246208xf32, 4469276672 : i64>) -> tensor<576x2048x6x4xf32, 4922261504 : i64>
    %0 = "tpu.Space2Batch"(%arg0, %arg1) {block_h = 24 : i64, block_w = 24 : i64, pads = [9, 25, 9, 17]} : (tensor<1x2048x110x70xf32, 4406198272 : i64>, tensor<113246208xf32, 4469276672 : i64>) -> tensor<576x2048x6x4xf32, 4922261504 : i64> loc("output_Conv_space2batch")
    return %0 : tensor<576x2048x6x4xf32, 4922261504 : i64>
  }
}
