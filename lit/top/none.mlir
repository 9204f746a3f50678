// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @None attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x4x8x8xf32>, %arg1: tensor<8x4x1x1xf32>) -> tensor<1x8x8x8xf32> {
    // CHECK: %0 = "top.None"() : () -> none
    %0 = "top.None"() : () -> none
    // CHECK: (tensor<1x4x8x8xf32>, tensor<8x4x1x1xf32>, none) -> tensor<1x8x8x8xf32>
    %1 = "top.Conv"(%arg0, %arg1, %0) {dilations = [1, 1], do_relu = false, dynweight_reorderd = false, group = 1 : i64, kernel_shape = [1, 1], pads = [0, 0, 0, 0], relu_limit = -1.000000e+00 : f64, strides = [1, 1], weight_is_coeff = 1 : i64} : (tensor<1x4x8x8xf32>, tensor<8x4x1x1xf32>, none) -> tensor<1x8x8x8xf32> loc("conv")
    return %1 : tensor<1x8x8x8xf32>
  }
}
