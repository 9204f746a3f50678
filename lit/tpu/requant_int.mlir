// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @RequantInt attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xsi32>) -> tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>> {
    // CHECK: "tpu.RequantInt"(%arg0) {multiplier = 16384 : si32, quant_mode = #tpu<rq_mode MultiplierShift>, round_mode = #tpu<round_mode HalfAwayFromZero>, rshift = -14 : si32} : (tensor<1x16x8x8xsi32>) -> tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>
    %0 = "tpu.RequantInt"(%arg0) {multiplier = 16384 : si32, quant_mode = #tpu<rq_mode MultiplierShift>, round_mode = #tpu<round_mode HalfAwayFromZero>, rshift = -14 : si32} : (tensor<1x16x8x8xsi32>) -> tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>> loc("requantint")
    return %0 : tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>
  }
}
