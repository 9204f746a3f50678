// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @BatchNorm attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<16xf32>, %arg2: tensor<16xf32>, %arg3: tensor<16xf32>, %arg4: tensor<16xf32>) -> tensor<*xf32> {
    // CHECK: "top.BatchNorm"(%arg0, %arg1, %arg2, %arg3, %arg4) {do_relu = false, epsilon = 1.000000e-05 : f64, relu_limit = -1.000000e+00 : f64} : (tensor<1x16x8x8xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>) -> tensor<*xf32>
    // SHAPE: "top.BatchNorm"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.BatchNorm"(%arg0, %arg1, %arg2, %arg3, %arg4) {do_relu = false, epsilon = 1.000000e-05 : f64, relu_limit = -1.000000e+00 : f64} : (tensor<1x16x8x8xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>) -> tensor<*xf32> loc("batchnorm")
    return %0 : tensor<*xf32>
  }
}
