// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Pow attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x27x27xf32>) -> tensor<*xf32> {
    // CHECK: "top.Pow"(%arg0) {exponent = 1.2000000476837158 : f64} : (tensor<1x3x27x27xf32>) -> tensor<*xf32>
    // SHAPE: "top.Pow"{{.*}} -> tensor<1x3x27x27xf32>
    %0 = "top.Pow"(%arg0) {exponent = 1.2000000476837158 : f64} : (tensor<1x3x27x27xf32>) -> tensor<*xf32> loc("output_Pow")
    return %0 : tensor<*xf32>
  }
}
