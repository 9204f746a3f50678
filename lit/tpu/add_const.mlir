// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @AddConst attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<10x2xf32>, %arg1: tensor<2x2x2x!quant.uniform<u8:f32, 0.030235294117647062>>) -> (tensor<10x2xf32>, tensor<2x2x2x!quant.uniform<u8:f32, 0.038862745098039213>>) {
    // CHECK: "tpu.AddConst"(%arg0) {const_val = 3.000000e+00 : f64, do_relu = false, f8_scale = 1.000000e+00 : f64, multiplier = 1 : si32, relu_limit = -1.000000e+00 : f64, rshift = 0 : si32} : (tensor<10x2xf32>) -> tensor<10x2xf32>
    %0 = "tpu.AddConst"(%arg0) {const_val = 3.000000e+00 : f64, do_relu = false, f8_scale = 1.000000e+00 : f64, multiplier = 1 : si32, relu_limit = -1.000000e+00 : f64, rshift = 0 : si32} : (tensor<10x2xf32>) -> tensor<10x2xf32> loc("1_HardSwish_add")
    // CHECK: "tpu.AddConst"(%arg1) {const_val = 6.587000e+03 : f64, do_relu = false, f8_scale = 1.000000e+00 : f64, multiplier = 100 : si32, relu_limit = -1.000000e+00 : f64, rshift = 7 : si32} : (tensor<2x2x2x!quant.uniform<u8:f32, 0.030235294117647062>>) -> tensor<2x2x2x!quant.uniform<u8:f32, 0.038862745098039213>>
    %1 = "tpu.AddConst"(%arg1) {const_val = 6.587000e+03 : f64, do_relu = false, f8_scale = 1.000000e+00 : f64, multiplier = 100 : si32, relu_limit = -1.000000e+00 : f64, rshift = 7 : si32} : (tensor<2x2x2x!quant.uniform<u8:f32, 0.030235294117647062>>) -> tensor<2x2x2x!quant.uniform<u8:f32, 0.038862745098039213>> loc("output_Add")
    return %0, %1 : tensor<10x2xf32>, tensor<2x2x2x!quant.uniform<u8:f32, 0.038862745098039213>>
  }
}
