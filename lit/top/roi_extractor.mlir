// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @RoiExtractor attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<10x5xf32>, %arg1: tensor<10xf32>, %arg2: tensor<1x16x32x32xf32>, %arg3: tensor<1x16x16x16xf32>) -> tensor<*xf32> {
    // CHECK: "top.RoiExtractor"(%arg0, %arg1, %arg2, %arg3) {align_corners = true, is_static = true, mode = "Avg", num_levels = 2 : i64, output_height = 7 : i64, output_width = 7 : i64, sampling_ratio = 2 : i64, spatial_scales = [2.500000e-01, 1.250000e-01]} : (tensor<10x5xf32>, tensor<10xf32>, tensor<1x16x32x32xf32>, tensor<1x16x16x16xf32>) -> tensor<*xf32>
    // SHAPE: "top.RoiExtractor"{{.*}} -> tensor<10x16x7x7xf32>
    %0 = "top.RoiExtractor"(%arg0, %arg1, %arg2, %arg3) {align_corners = true, is_static = true, mode = "Avg", num_levels = 2 : i64, output_height = 7 : i64, output_width = 7 : i64, sampling_ratio = 2 : i64, spatial_scales = [2.500000e-01, 1.250000e-01]} : (tensor<10x5xf32>, tensor<10xf32>, tensor<1x16x32x32xf32>, tensor<1x16x16x16xf32>) -> tensor<*xf32> loc("roiextractor")
    return %0 : tensor<*xf32>
  }
}
