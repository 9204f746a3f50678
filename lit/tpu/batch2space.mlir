// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Batch2Space attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<576x2048x4x2xf32, 4406198272 : i64>, %arg1: tensor<37748736xf32, 4443947008 : i64>) -> tensor<1x2048x80x40xf32, 4594941952 : i64> {
    // CHECK: "tpu.Batch2Space"(%arg0, %arg1) {block_h = 24 : i64, block_w = 24 : i64, crops = [0, 16, 0, 8]} : (tensor<576x2048x4x2xf32, 4406198272 : i64>, tensor<37748736xf32, 4443947008 : i64>) -> tensor<1x2048x80x40xf32, 4594941952 : i64>
    %0 = "tpu.Batch2Space"(%arg0, %arg1) {block_h = 24 : i64, block_w = 24 : i64, crops = [0, 16, 0, 8]} : (tensor<576x2048x4x2xf32, 4406198272 : i64>, tensor<37748736xf32, 4443947008 : i64>) -> tensor<1x2048x80x40xf32, 4594941952 : i64> loc("output_Conv")
    return %0 : tensor<1x2048x80x40xf32, 4594941952 : i64>
  }
}
