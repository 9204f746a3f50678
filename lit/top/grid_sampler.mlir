// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @GridSampler attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x16x16xf32>, %arg1: tensor<1x8x8x2xf32>) -> tensor<*xf32> {
    // CHECK: "top.GridSampler"(%arg0, %arg1) {align_corners = false, mode = 0 : i64, padding_mode = 0 : i64} : (tensor<1x3x16x16xf32>, tensor<1x8x8x2xf32>) -> tensor<*xf32>
    // SHAPE: "top.GridSampler"{{.*}} -> tensor<1x3x8x8xf32>
    %0 = "top.GridSampler"(%arg0, %arg1) {align_corners = false, mode = 0 : i64, padding_mode = 0 : i64} : (tensor<1x3x16x16xf32>, tensor<1x8x8x2xf32>) -> tensor<*xf32> loc("gridsampler")
    return %0 : tensor<*xf32>
  }
}
