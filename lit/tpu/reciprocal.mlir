// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Reciprocal attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> {
    // CHECK: "tpu.Reciprocal"(%arg0) {const_val = 1.000000e+00 : f64, do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32>
    %0 = "tpu.Reciprocal"(%arg0) {const_val = 1.000000e+00 : f64, do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> loc("reciprocal")
    return %0 : tensor<1x16x8x8xf32>
  }
}
