// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @RoiAlign attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x32x32xf32>, %arg1: tensor<10x5xf32>) -> tensor<10x16x7x7xf32> {
    // CHECK: "tpu.RoiAlign"(%arg0, %arg1) {align_corners = true, mode = "Avg", output_height = 7 : i64, output_width = 7 : i64, sampling_ratio = 2 : i64, spatial_scale = 2.500000e-01 : f64} : (tensor<1x16x32x32xf32>, tensor<10x5xf32>) -> tensor<10x16x7x7xf32>
    %0 = "tpu.RoiAlign"(%arg0, %arg1) {align_corners = true, mode = "Avg", output_height = 7 : i64, output_width = 7 : i64, sampling_ratio = 2 : i64, spatial_scale = 2.500000e-01 : f64} : (tensor<1x16x32x32xf32>, tensor<10x5xf32>) -> tensor<10x16x7x7xf32> loc("roialign")
    return %0 : tensor<10x16x7x7xf32>
  }
}
