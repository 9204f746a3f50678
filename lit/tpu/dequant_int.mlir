// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @DequantInt attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>) -> tensor<1x16x8x8xsi32> {
    // CHECK: "tpu.DequantInt"(%arg0) {lshift = 0 : i64, multiplier = 16384 : si32, quant_mode = #tpu<dq_mode Normal>, round_mode = #tpu<round_mode HalfAwayFromZero>, shift = -14 : i64} : (tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>) -> tensor<1x16x8x8xsi32>
    %0 = "tpu.DequantInt"(%arg0) {lshift = 0 : i64, multiplier = 16384 : si32, quant_mode = #tpu<dq_mode Normal>, round_mode = #tpu<round_mode HalfAwayFromZero>, shift = -14 : i64} : (tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>) -> tensor<1x16x8x8xsi32> loc("dequantint")
    return %0 : tensor<1x16x8x8xsi32>
  }
}
