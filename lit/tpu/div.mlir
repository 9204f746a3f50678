// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Div attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<6x11x1x29xf32>, %arg1: tensor<6x11x39x29xf32>) -> tensor<6x11x39x29xf32> {
    // CHECK: "tpu.Div"(%arg0, %arg1) {do_relu = false, is_reverse = false, is_scalar = false, multiplier = 1 : si32, relu_limit = -1.000000e+00 : f64, rshift = 0 : si32} : (tensor<6x11x1x29xf32>, tensor<6x11x39x29xf32>) -> tensor<6x11x39x29xf32>
    %0 = "tpu.Div"(%arg0, %arg1) {do_relu = false, is_reverse = false, is_scalar = false, multiplier = 1 : si32, relu_limit = -1.000000e+00 : f64, rshift = 0 : si32} : (tensor<6x11x1x29xf32>, tensor<6x11x39x29xf32>) -> tensor<6x11x39x29xf32> loc("x_Div")
    return %0 : tensor<6x11x39x29xf32>
  }
}
