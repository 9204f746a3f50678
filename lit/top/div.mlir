// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Div attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<6x11x1x29xf32>, %arg1: tensor<6x11x39x29xf32>) -> tensor<*xf32> {
    // CHECK: "top.Div"(%arg0, %arg1) {do_relu = false, is_reverse = false, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<6x11x1x29xf32>, tensor<6x11x39x29xf32>) -> tensor<*xf32>
    // SHAPE: "top.Div"{{.*}} -> tensor<6x11x39x29xf32>
    %0 = "top.Div"(%arg0, %arg1) {do_relu = false, is_reverse = false, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<6x11x1x29xf32>, tensor<6x11x39x29xf32>) -> tensor<*xf32> loc("x_Div")
    return %0 : tensor<*xf32>
  }
}
