// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Pow2 attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.Pow2"(%arg0) {const_val = 2.000000e+00 : f64} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.Pow2"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.Pow2"(%arg0) {const_val = 2.000000e+00 : f64} : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("pow2")
    return %0 : tensor<*xf32>
  }
}
