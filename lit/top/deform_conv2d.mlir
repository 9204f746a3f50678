// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @DeformConv2D attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x14x14xf32>, %arg1: tensor<32x16x3x3xf32>, %arg2: tensor<1x18x12x12xf32>, %arg3: tensor<1x9x12x12xf32>, %arg4: tensor<32xf32>) -> tensor<*xf32> {
    // CHECK: "top.DeformConv2D"(%arg0, %arg1, %arg2, %arg3, %arg4) {deform_group = 1 : i64, dilations = [1, 1], do_relu = false, group = 1 : i64, kernel_shape = [3, 3], pads = [0, 0, 0, 0], relu_limit = -1.000000e+00 : f64, strides = [1, 1], use_mask = true} : (tensor<1x16x14x14xf32>, tensor<32x16x3x3xf32>, tensor<1x18x12x12xf32>, tensor<1x9x12x12xf32>, tensor<32xf32>) -> tensor<*xf32>
    // SHAPE: "top.DeformConv2D"{{.*}} -> tensor<1x32x12x12xf32>
    %0 = "top.DeformConv2D"(%arg0, %arg1, %arg2, %arg3, %arg4) {deform_group = 1 : i64, dilations = [1, 1], do_relu = false, group = 1 : i64, kernel_shape = [3, 3], pads = [0, 0, 0, 0], relu_limit = -1.000000e+00 : f64, strides = [1, 1], use_mask = true} : (tensor<1x16x14x14xf32>, tensor<32x16x3x3xf32>, tensor<1x18x12x12xf32>, tensor<1x9x12x12xf32>, tensor<32xf32>) -> tensor<*xf32> loc("deformconv2d")
    return %0 : tensor<*xf32>
  }
}
