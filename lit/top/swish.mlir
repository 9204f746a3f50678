// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Swish attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.Swish"(%arg0) {beta = 1.000000e+00 : f64, round_mode = "HalfAwayFromZero"} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.Swish"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.Swish"(%arg0) {beta = 1.000000e+00 : f64, round_mode = "HalfAwayFromZero"} : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("swish")
    return %0 : tensor<*xf32>
  }
}
