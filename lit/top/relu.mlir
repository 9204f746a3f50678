// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Relu attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<16x1x28x28xf32>) -> tensor<*xf32> {
    // CHECK: "top.Relu"(%arg0) {relu_limit = -1.000000e+00 : f64} : (tensor<16x1x28x28xf32>) -> tensor<*xf32>
    // SHAPE: "top.Relu"{{.*}} -> tensor<16x1x28x28xf32>
    %0 = "top.Relu"(%arg0) {relu_limit = -1.000000e+00 : f64} : (tensor<16x1x28x28xf32>) -> tensor<*xf32> loc("output_Relu")
    return %0 : tensor<*xf32>
  }
}
