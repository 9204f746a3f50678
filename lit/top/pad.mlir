// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Pad attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x8x10xf32>, %arg1: tensor<3x8x32x32xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.Pad"(%arg0) {mode = "constant", paddings = [0, 1, 0, 0, 0, 1], val = 0.000000e+00 : f64} : (tensor<4x8x10xf32>) -> tensor<*xf32>
    // SHAPE: "top.Pad"{{.*}} -> tensor<4x9x11xf32>
    %0 = "top.Pad"(%arg0) {mode = "constant", paddings = [0, 1, 0, 0, 0, 1], val = 0.000000e+00 : f64} : (tensor<4x8x10xf32>) -> tensor<*xf32> loc("output_Pad")
    // CHECK: "top.Pad"(%arg1) {mode = "reflect", paddings = [0, 0, 5, 6, 0, 0, 7, 8], val = 0.000000e+00 : f64} : (tensor<3x8x32x32xf32>) -> tensor<*xf32>
    // SHAPE: "top.Pad"{{.*}} -> tensor<3x8x44x46xf32>
    %1 = "top.Pad"(%arg1) {mode = "reflect", paddings = [0, 0, 5, 6, 0, 0, 7, 8], val = 0.000000e+00 : f64} : (tensor<3x8x32x32xf32>) -> tensor<*xf32> loc("output_Pad")
    return %0, %1 : tensor<*xf32>, tensor<*xf32>
  }
}
