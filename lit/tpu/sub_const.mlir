// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @SubConst attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>) -> tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>> {
    // CHECK: "tpu.SubConst"(%arg0) {const_val = 1.000000e+01 : f64, do_relu = false, f8_scale = 1.000000e+00 : f64, is_reverse = true, multiplier = 1 : si32, relu_limit = -1.000000e+00 : f64, rshift = 0 : si32} : (tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>) -> tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>
    %0 = "tpu.SubConst"(%arg0) {const_val = 1.000000e+01 : f64, do_relu = false, f8_scale = 1.000000e+00 : f64, is_reverse = true, multiplier = 1 : si32, relu_limit = -1.000000e+00 : f64, rshift = 0 : si32} : (tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>) -> tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>> loc("subconst")
    return %0 : tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>
  }
}
