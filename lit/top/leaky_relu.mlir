// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @LeakyRelu attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x32x100x100xf32>) -> tensor<*xf32> {
    // CHECK: "top.LeakyRelu"(%arg0) {alpha = 0.67000001668930054 : f64, round_mode = "HalfAwayFromZero"} : (tensor<1x32x100x100xf32>) -> tensor<*xf32>
    // SHAPE: "top.LeakyRelu"{{.*}} -> tensor<1x32x100x100xf32>
    %0 = "top.LeakyRelu"(%arg0) {alpha = 0.67000001668930054 : f64, round_mode = "HalfAwayFromZero"} : (tensor<1x32x100x100xf32>) -> tensor<*xf32> loc("output_LeakyRelu")
    return %0 : tensor<*xf32>
  }
}
