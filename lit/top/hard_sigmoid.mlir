// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @HardSigmoid attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.HardSigmoid"(%arg0) {alpha = 2.000000e-01 : f64, beta = 5.000000e-01 : f64} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.HardSigmoid"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.HardSigmoid"(%arg0) {alpha = 2.000000e-01 : f64, beta = 5.000000e-01 : f64} : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("hardsigmoid")
    return %0 : tensor<*xf32>
  }
}
