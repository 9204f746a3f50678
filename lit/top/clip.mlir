// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Clip attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x32x32xf32>) -> tensor<*xf32> {
    // CHECK: "top.Clip"(%arg0) {max = 6.000000e+00 : f64, min = -1.000000e+00 : f64} : (tensor<1x3x32x32xf32>) -> tensor<*xf32>
    // SHAPE: "top.Clip"{{.*}} -> tensor<1x3x32x32xf32>
    %0 = "top.Clip"(%arg0) {max = 6.000000e+00 : f64, min = -1.000000e+00 : f64} : (tensor<1x3x32x32xf32>) -> tensor<*xf32> loc("output_Clip")
    return %0 : tensor<*xf32>
  }
}
