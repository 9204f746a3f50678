// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @InstanceNorm attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<1x16x1x1xf32>, %arg2: tensor<1x16x1x1xf32>) -> tensor<*xf32> {
    // CHECK: "top.InstanceNorm"(%arg0, %arg1, %arg2) {eps = 1.000000e-05 : f64} : (tensor<1x16x8x8xf32>, tensor<1x16x1x1xf32>, tensor<1x16x1x1xf32>) -> tensor<*xf32>
    // SHAPE: "top.InstanceNorm"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.InstanceNorm"(%arg0, %arg1, %arg2) {eps = 1.000000e-05 : f64} : (tensor<1x16x8x8xf32>, tensor<1x16x1x1xf32>, tensor<1x16x1x1xf32>) -> tensor<*xf32> loc("instancenorm")
    return %0 : tensor<*xf32>
  }
}
