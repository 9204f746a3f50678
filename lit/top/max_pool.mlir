// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @MaxPool attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x32x128xf32>, %arg1: tensor<1x8x28x28xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.MaxPool"(%arg0) {count_include_pad = false, do_relu = false, first_round_mode = "HalfAwayFromZero", is_adaptive = false, keepdims = true, kernel_shape = [2], pad_value = 0 : i64, pads = [0, 0], relu_limit = -1.000000e+00 : f64, round_mode = "HalfAwayFromZero", strides = [2]} : (tensor<1x32x128xf32>) -> tensor<*xf32>
    // SHAPE: "top.MaxPool"{{.*}} -> tensor<1x32x64xf32>
    %0 = "top.MaxPool"(%arg0) {count_include_pad = false, do_relu = false, first_round_mode = "HalfAwayFromZero", is_adaptive = false, keepdims = true, kernel_shape = [2], pad_value = 0 : i64, pads = [0, 0], relu_limit = -1.000000e+00 : f64, round_mode = "HalfAwayFromZero", strides = [2]} : (tensor<1x32x128xf32>) -> tensor<*xf32> loc("output_MaxPool")
    // CHECK: "top.MaxPool"(%arg1) {count_include_pad = false, do_relu = false, first_round_mode = "HalfAwayFromZero", is_adaptive = false, keepdims = true, kernel_shape = [2, 2], pad_value = 0 : i64, pads = [0, 0, 0, 0], relu_limit = -1.000000e+00 : f64, round_mode = "HalfAwayFromZero", strides = [2, 2]} : (tensor<1x8x28x28xf32>) -> tensor<*xf32>
    // SHAPE: "top.MaxPool"{{.*}} -> tensor<1x8x14x14xf32>
    %1 = "top.MaxPool"(%arg1) {count_include_pad = false, do_relu = false, first_round_mode = "HalfAwayFromZero", is_adaptive = false, keepdims = true, kernel_shape = [2, 2], pad_value = 0 : i64, pads = [0, 0, 0, 0], relu_limit = -1.000000e+00 : f64, round_mode = "HalfAwayFromZero", strides = [2, 2]} : (tensor<1x8x28x28xf32>) -> tensor<*xf32> loc("Pooling66_Output_0_MaxPool")
    return %0, %1 : tensor<*xf32>, tensor<*xf32>
  }
}
