// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Sub attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x3x27x27xf32>, %arg1: tensor<4x3x1x27xf32>) -> tensor<*xf32> {
    // CHECK: "top.Sub"(%arg0, %arg1) {do_relu = false, is_reverse = false, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<4x3x27x27xf32>, tensor<4x3x1x27xf32>) -> tensor<*xf32>
    // SHAPE: "top.Sub"{{.*}} -> tensor<4x3x27x27xf32>
    %0 = "top.Sub"(%arg0, %arg1) {do_relu = false, is_reverse = false, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<4x3x27x27xf32>, tensor<4x3x1x27xf32>) -> tensor<*xf32> loc("output_Sub")
    return %0 : tensor<*xf32>
  }
}
