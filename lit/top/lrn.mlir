// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @LRN attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x10x27x27xf32>) -> tensor<*xf32> {
    // CHECK: "top.LRN"(%arg0) {alpha = 1.000000e-04 : f64, beta = 7.500000e-01 : f64, bias = 1.000000e+00 : f64, size = 5 : i64} : (tensor<4x10x27x27xf32>) -> tensor<*xf32>
    // SHAPE: "top.LRN"{{.*}} -> tensor<4x10x27x27xf32>
    %0 = "top.LRN"(%arg0) {alpha = 1.000000e-04 : f64, beta = 7.500000e-01 : f64, bias = 1.000000e+00 : f64, size = 5 : i64} : (tensor<4x10x27x27xf32>) -> tensor<*xf32> loc("output_LRN")
    return %0 : tensor<*xf32>
  }
}
