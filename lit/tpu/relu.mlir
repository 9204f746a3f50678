// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Relu attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<16x1x28x28xf32>, %arg1: tensor<16x1x28x28x!quant.uniform<u8:f32, 0.016438534624436323>>) -> (tensor<16x1x28x28xf32>, tensor<16x1x28x28x!quant.uniform<u8:f32, 0.016438534624436323>>) {
    // CHECK: "tpu.Relu"(%arg0) {relu_limit = -1.000000e+00 : f64} : (tensor<16x1x28x28xf32>) -> tensor<16x1x28x28xf32>
    %0 = "tpu.Relu"(%arg0) {relu_limit = -1.000000e+00 : f64} : (tensor<16x1x28x28xf32>) -> tensor<16x1x28x28xf32> loc("output_Relu")
    // CHECK: "tpu.Relu"(%arg1) {multiplier = 64 : si32, relu_limit = -1.000000e+00 : f64, rshift = 6 : si32} : (tensor<16x1x28x28x!quant.uniform<u8:f32, 0.016438534624436323>>) -> tensor<16x1x28x28x!quant.uniform<u8:f32, 0.016438534624436323>>
    %1 = "tpu.Relu"(%arg1) {multiplier = 64 : si32, relu_limit = -1.000000e+00 : f64, rshift = 6 : si32} : (tensor<16x1x28x28x!quant.uniform<u8:f32, 0.016438534624436323>>) -> tensor<16x1x28x28x!quant.uniform<u8:f32, 0.016438534624436323>> loc("output_Relu")
    return %0, %1 : tensor<16x1x28x28xf32>, tensor<16x1x28x28x!quant.uniform<u8:f32, 0.016438534624436323>>
  }
}
