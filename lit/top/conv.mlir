// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Conv attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x8x8xf32>, %arg1: tensor<8x3x3x3xf32>, %arg2: tensor<1x3x50x50xf32>, %arg3: tensor<8x3x3x3xf32>, %arg4: tensor<8xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    %0 = "top.None"() : () -> none
    // CHECK: "top.Conv"(%arg0, %arg1, %0) {dilations = [1, 1], do_relu = false, dynweight_reorderd = false, group = 1 : i64, kernel_shape = [3, 3], pads = [2, 2, 1, 1], relu_limit = -1.000000e+00 : f64, strides = [1, 1], weight_is_coeff = 1 : i64} : (tensor<1x3x8x8xf32>, tensor<8x3x3x3xf32>, none) -> tensor<*xf32>
    // SHAPE: "top.Conv"{{.*}} -> tensor<1x8x9x9xf32>
    %1 = "top.Conv"(%arg0, %arg1, %0) {dilations = [1, 1], do_relu = false, dynweight_reorderd = false, group = 1 : i64, kernel_shape = [3, 3], pads = [2, 2, 1, 1], relu_limit = -1.000000e+00 : f64, strides = [1, 1], weight_is_coeff = 1 : i64} : (tensor<1x3x8x8xf32>, tensor<8x3x3x3xf32>, none) -> tensor<*xf32> loc("25_Slice")
    // CHECK: "top.Conv"(%arg2, %arg3, %arg4) {dilations = [1, 1], do_relu = true, dynweight_reorderd = false, group = 1 : i64, kernel_shape = [3, 3], pads = [0, 0, 0, 0], relu_limit = -1.000000e+00 : f64, strides = [1, 1], weight_is_coeff = 1 : i64} : (tensor<1x3x50x50xf32>, tensor<8x3x3x3xf32>, tensor<8xf32>) -> tensor<*xf32>
    // SHAPE: "top.Conv"{{.*}} -> tensor<1x8x48x48xf32>
    %2 = "top.Conv"(%arg2, %arg3, %arg4) {dilations = [1, 1], do_relu = true, dynweight_reorderd = false, group = 1 : i64, kernel_shape = [3, 3], pads = [0, 0, 0, 0], relu_limit = -1.000000e+00 : f64, strides = [1, 1], weight_is_coeff = 1 : i64} : (tensor<1x3x50x50xf32>, tensor<8x3x3x3xf32>, tensor<8xf32>) -> tensor<*xf32> loc("input.4_Relu")
    return %1, %2 : tensor<*xf32>, tensor<*xf32>
  }
}
