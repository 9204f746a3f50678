// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Mul attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<10x2xf32>, %arg1: tensor<10x2xf32>, %arg2: tensor<1x127x270x28x!quant.uniform<i8:f32, 0.043405737914438323>>, %arg3: tensor<2x1x1x28xui8>) -> (tensor<10x2xf32>, tensor<2x127x270x28x!quant.uniform<i8:f32, 0.040182065663375253>>) {
    // CHECK: "tpu.Mul"(%arg0, %arg1) {do_relu = false, multiplier = 1 : si32, quant_mode = #tpu<rq_mode MultiplierShift>, relu_limit = -1.000000e+00 : f64, rshift = 0 : si32} : (tensor<10x2xf32>, tensor<10x2xf32>) -> tensor<10x2xf32>
    %0 = "tpu.Mul"(%arg0, %arg1) {do_relu = false, multiplier = 1 : si32, quant_mode = #tpu<rq_mode MultiplierShift>, relu_limit = -1.000000e+00 : f64, rshift = 0 : si32} : (tensor<10x2xf32>, tensor<10x2xf32>) -> tensor<10x2xf32> loc("1_HardSwish")
    // CHECK: "tpu.Mul"(%arg2, %arg3) {do_relu = false, multiplier = 69 : si32, quant_mode = #tpu<rq_mode MultiplierShift>, relu_limit = -1.000000e+00 : f64, rshift = 14 : si32} : (tensor<1x127x270x28x!quant.uniform<i8:f32, 0.043405737914438323>>, tensor<2x1x1x28xui8>) -> tensor<2x127x270x28x!quant.uniform<i8:f32, 0.040182065663375253>>
    %1 = "tpu.Mul"(%arg2, %arg3) {do_relu = false, multiplier = 69 : si32, quant_mode = #tpu<rq_mode MultiplierShift>, relu_limit = -1.000000e+00 : f64, rshift = 14 : si32} : (tensor<1x127x270x28x!quant.uniform<i8:f32, 0.043405737914438323>>, tensor<2x1x1x28xui8>) -> tensor<2x127x270x28x!quant.uniform<i8:f32, 0.040182065663375253>> loc("output_Mul")
    return %0, %1 : tensor<10x2xf32>, tensor<2x127x270x28x!quant.uniform<i8:f32, 0.040182065663375253>>
  }
}
