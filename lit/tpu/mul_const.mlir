// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @MulConst attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<10x2xf32>, %arg1: tensor<1x12x9x!quant.uniform<i8:f32, 0.030244891737389753>>) -> (tensor<10x2xf32>, tensor<1x12x9x!quant.uniform<i8:f32, 0.060489783474779506>>) {
    // CHECK: "tpu.MulConst"(%arg0) {const_val = 0.16666666666666666 : f64, do_relu = false, multiplier = 1 : si32, relu_limit = -1.000000e+00 : f64, rshift = 0 : si32} : (tensor<10x2xf32>) -> tensor<10x2xf32>
    %0 = "tpu.MulConst"(%arg0) {const_val = 0.16666666666666666 : f64, do_relu = false, multiplier = 1 : si32, relu_limit = -1.000000e+00 : f64, rshift = 0 : si32} : (tensor<10x2xf32>) -> tensor<10x2xf32> loc("1_HardSwish_mul")
    // CHECK: "tpu.MulConst"(%arg1) {const_val = 1.000000e+00 : f64, do_relu = false, multiplier = 64 : si32, relu_limit = -1.000000e+00 : f64, rshift = 6 : si32} : (tensor<1x12x9x!quant.uniform<i8:f32, 0.030244891737389753>>) -> tensor<1x12x9x!quant.uniform<i8:f32, 0.060489783474779506>>
    %1 = "tpu.MulConst"(%arg1) {const_val = 1.000000e+00 : f64, do_relu = false, multiplier = 64 : si32, relu_limit = -1.000000e+00 : f64, rshift = 6 : si32} : (tensor<1x12x9x!quant.uniform<i8:f32, 0.030244891737389753>>) -> tensor<1x12x9x!quant.uniform<i8:f32, 0.060489783474779506>> loc("4_Mul")
    return %0, %1 : tensor<10x2xf32>, tensor<1x12x9x!quant.uniform<i8:f32, 0.060489783474779506>>
  }
}
