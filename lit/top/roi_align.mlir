// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @RoiAlign attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x32x32xf32>, %arg1: tensor<10x5xf32>) -> tensor<*xf32> {
    // CHECK: "top.RoiAlign"(%arg0, %arg1) {align_corners = true, mode = "Avg", output_height = 7 : i64, output_width = 7 : i64, sampling_ratio = 2 : i64, spatial_scale = 2.500000e-01 : f64} : (tensor<1x16x32x32xf32>, tensor<10x5xf32>) -> tensor<*xf32>
    // SHAPE: "top.RoiAlign"{{.*}} -> tensor<10x16x7x7xf32>
    %0 = "top.RoiAlign"(%arg0, %arg1) {align_corners = true, mode = "Avg", output_height = 7 : i64, output_width = 7 : i64, sampling_ratio = 2 : i64, spatial_scale = 2.500000e-01 : f64} : (tensor<1x16x32x32xf32>, tensor<10x5xf32>) -> tensor<*xf32> loc("roialign")
    return %0 : tensor<*xf32>
  }
}
