// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @GridSampler attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x16x16xf32>, %arg1: tensor<1x8x8x2xf32>) -> tensor<1x3x8x8xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.GridSampler"(%arg0, %arg1, %0) {align_corners = false, mean = 0.000000e+00 : f64, mode = 0 : i64, need_permute = false, padding_mode = 0 : i64, scale = 1.000000e+00 : f64} : (tensor<1x3x16x16xf32>, tensor<1x8x8x2xf32>, none) -> tensor<1x3x8x8xf32>
    %1 = "tpu.GridSampler"(%arg0, %arg1, %0) {align_corners = false, mean = 0.000000e+00 : f64, mode = 0 : i64, need_permute = false, padding_mode = 0 : i64, scale = 1.000000e+00 : f64} : (tensor<1x3x16x16xf32>, tensor<1x8x8x2xf32>, none) -> tensor<1x3x8x8xf32> loc("gridsampler")
    return %1 : tensor<1x3x8x8xf32>
  }
}
