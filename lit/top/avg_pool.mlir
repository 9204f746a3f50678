// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @AvgPool attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x32x128xf32>, %arg1: tensor<1x48x44x44xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.AvgPool"(%arg0) {count_include_pad = false, do_relu = false, first_round_mode = "HalfAwayFromZero", is_adaptive = false, keepdims = true, kernel_shape = [2], pad_value = 0 : i64, pads = [0, 0], relu_limit = -1.000000e+00 : f64, round_mode = "HalfAwayFromZero", strides = [2]} : (tensor<1x32x128xf32>) -> tensor<*xf32>
    // SHAPE: "top.AvgPool"{{.*}} -> tensor<1x32x64xf32>
    %0 = "top.AvgPool"(%arg0) {count_include_pad = false, do_relu = false, first_round_mode = "HalfAwayFromZero", is_adaptive = false, keepdims = true, kernel_shape = [2], pad_value = 0 : i64, pads = [0, 0], relu_limit = -1.000000e+00 : f64, round_mode = "HalfAwayFromZero", strides = [2]} : (tensor<1x32x128xf32>) -> tensor<*xf32> loc("pool_output_AveragePool")
    // CHECK: "top.AvgPool"(%arg1) {count_include_pad = true, do_relu = false, first_round_mode = "HalfAwayFromZero", is_adaptive = false, keepdims = true, kernel_shape = [3, 3], pad_value = 0 : i64, pads = [1, 1, 1, 1], relu_limit = -1.000000e+00 : f64, round_mode = "HalfAwayFromZero", strides = [2, 2]} : (tensor<1x48x44x44xf32>) -> tensor<*xf32>
    // SHAPE: "top.AvgPool"{{.*}} -> tensor<1x48x22x22xf32>
    %1 = "top.AvgPool"(%arg1) {count_include_pad = true, do_relu = false, first_round_mode = "HalfAwayFromZero", is_adaptive = false, keepdims = true, kernel_shape = [3, 3], pad_value = 0 : i64, pads = [1, 1, 1, 1], relu_limit = -1.000000e+00 : f64, round_mode = "HalfAwayFromZero", strides = [2, 2]} : (tensor<1x48x44x44xf32>) -> tensor<*xf32> loc("onnx::Concat_708_AveragePool")
    return %0, %1 : tensor<*xf32>, tensor<*xf32>
  }
}
