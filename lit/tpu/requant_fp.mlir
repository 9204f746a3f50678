// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @RequantFp attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xsi32>) -> tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>> {
    // CHECK: "tpu.RequantFp"(%arg0) {first_round_mode = #tpu<round_mode HalfAwayFromZero>, offset = 0.000000e+00 : f64, quant_mode = #tpu<rq_mode MultiplierShift>, round_mode = #tpu<round_mode HalfAwayFromZero>, scale = 5.000000e-01 : f64} : (tensor<1x16x8x8xsi32>) -> tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>
    %0 = "tpu.RequantFp"(%arg0) {first_round_mode = #tpu<round_mode HalfAwayFromZero>, offset = 0.000000e+00 : f64, quant_mode = #tpu<rq_mode MultiplierShift>, round_mode = #tpu<round_mode HalfAwayFromZero>, scale = 5.000000e-01 : f64} : (tensor<1x16x8x8xsi32>) -> tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>> loc("requantfp")
    return %0 : tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>
  }
}
