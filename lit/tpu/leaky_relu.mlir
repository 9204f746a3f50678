// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @LeakyRelu attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x32x100x100xf32>, %arg1: tensor<1x32x100x100x!quant.uniform<i8:f32, 0.48826401297501693>>) -> (tensor<1x32x100x100xf32>, tensor<1x32x100x100x!quant.uniform<i8:f32, 0.48826401297501693>>) {
    // CHECK: "tpu.LeakyRelu"(%arg0) {alpha = 0.67000001668930054 : f64, round_mode = #tpu<round_mode HalfAwayFromZero>} : (tensor<1x32x100x100xf32>) -> tensor<1x32x100x100xf32>
    %0 = "tpu.LeakyRelu"(%arg0) {alpha = 0.67000001668930054 : f64, round_mode = #tpu<round_mode HalfAwayFromZero>} : (tensor<1x32x100x100xf32>) -> tensor<1x32x100x100xf32> loc("output_LeakyRelu")
    // CHECK: "tpu.LeakyRelu"(%arg1) {multiplier = 43 : si32, round_mode = #tpu<round_mode HalfAwayFromZero>, rshift = 6 : si32} : (tensor<1x32x100x100x!quant.uniform<i8:f32, 0.48826401297501693>>) -> tensor<1x32x100x100x!quant.uniform<i8:f32, 0.48826401297501693>>
    %1 = "tpu.LeakyRelu"(%arg1) {multiplier = 43 : si32, round_mode = #tpu<round_mode HalfAwayFromZero>, rshift = 6 : si32} : (tensor<1x32x100x100x!quant.uniform<i8:f32, 0.48826401297501693>>) -> tensor<1x32x100x100x!quant.uniform<i8:f32, 0.48826401297501693>> loc("output_LeakyRelu")
    return %0, %1 : tensor<1x32x100x100xf32>, tensor<1x32x100x100x!quant.uniform<i8:f32, 0.48826401297501693>>
  }
}
