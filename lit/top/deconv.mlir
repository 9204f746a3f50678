// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Deconv attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<3x8x16x32xf32>, %arg1: tensor<8x8x2x2xf32>, %arg2: tensor<3x4x8x8x8xf32>, %arg3: tensor<6x4x2x2x2xf32>, %arg4: tensor<12xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    %0 = "top.None"() : () -> none
    // CHECK: "top.Deconv"(%arg0, %arg1, %0) {dilations = [1, 1], do_relu = false, dynweight_reorderd = false, group = 1 : i64, kernel_shape = [2, 2], output_padding = [0, 0], pads = [0, 0, 0, 0], relu_limit = -1.000000e+00 : f64, strides = [2, 2]} : (tensor<3x8x16x32xf32>, tensor<8x8x2x2xf32>, none) -> tensor<*xf32>
    // SHAPE: "top.Deconv"{{.*}} -> tensor<3x8x32x64xf32>
    %1 = "top.Deconv"(%arg0, %arg1, %0) {dilations = [1, 1], do_relu = false, dynweight_reorderd = false, group = 1 : i64, kernel_shape = [2, 2], output_padding = [0, 0], pads = [0, 0, 0, 0], relu_limit = -1.000000e+00 : f64, strides = [2, 2]} : (tensor<3x8x16x32xf32>, tensor<8x8x2x2xf32>, none) -> tensor<*xf32> loc("2_ConvTranspose")
    // CHECK: "top.Deconv"(%arg2, %arg3, %arg4) {dilations = [1, 1, 1], do_relu = false, dynweight_reorderd = false, group = 2 : i64, kernel_shape = [2, 2, 2], output_padding = [0, 0, 0], pads = [0, 0, 0, 0, 0, 0], relu_limit = -1.000000e+00 : f64, strides = [2, 2, 2]} : (tensor<3x4x8x8x8xf32>, tensor<6x4x2x2x2xf32>, tensor<12xf32>) -> tensor<*xf32>
    // SHAPE: "top.Deconv"{{.*}} -> tensor<3x12x16x16x16xf32>
    %2 = "top.Deconv"(%arg2, %arg3, %arg4) {dilations = [1, 1, 1], do_relu = false, dynweight_reorderd = false, group = 2 : i64, kernel_shape = [2, 2, 2], output_padding = [0, 0, 0], pads = [0, 0, 0, 0, 0, 0], relu_limit = -1.000000e+00 : f64, strides = [2, 2, 2]} : (tensor<3x4x8x8x8xf32>, tensor<6x4x2x2x2xf32>, tensor<12xf32>) -> tensor<*xf32> loc("3_ConvTranspose")
    return %1, %2 : tensor<*xf32>, tensor<*xf32>
  }
}
