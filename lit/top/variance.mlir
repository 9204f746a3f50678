// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Variance attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.Variance"(%arg0) {correction = 1.000000e+00 : f64, keep_dims = true, reduce_list = [2, 3]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.Variance"{{.*}} -> tensor<1x16x1x1xf32>
    %0 = "top.Variance"(%arg0) {correction = 1.000000e+00 : f64, keep_dims = true, reduce_list = [2, 3]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("variance")
    return %0 : tensor<*xf32>
  }
}
