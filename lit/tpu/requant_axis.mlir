// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @requant_axis attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>, %arg1: tensor<1x16x1x3xsi32>, %arg2: tensor<1x16x8x8xsi32>, %arg3: tensor<1x16x1x2xf32>, %arg4: tensor<1x16x8x8xsi32>, %arg5: tensor<1x16x1x3xsi32>) -> (tensor<1x16x8x8xsi32>, tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>, tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>) {
    // CHECK: "tpu.DequantIntAxis"(%arg0, %arg1) {lshift = 0 : i64, quant_mode = #tpu<dq_mode Normal>, round_mode = #tpu<round_mode HalfAwayFromZero>} : (tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>, tensor<1x16x1x3xsi32>) -> tensor<1x16x8x8xsi32>
    %0 = "tpu.DequantIntAxis"(%arg0, %arg1) {lshift = 0 : i64, quant_mode = #tpu<dq_mode Normal>, round_mode = #tpu<round_mode HalfAwayFromZero>} : (tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>, tensor<1x16x1x3xsi32>) -> tensor<1x16x8x8xsi32> loc("dequantintaxis")
    // CHECK: "tpu.RequantFpAxis"(%arg2, %arg3) {first_round_mode = #tpu<round_mode HalfAwayFromZero>, quant_mode = #tpu<rq_mode MultiplierShift>, round_mode = #tpu<round_mode HalfAwayFromZero>} : (tensor<1x16x8x8xsi32>, tensor<1x16x1x2xf32>) -> tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>
    %1 = "tpu.RequantFpAxis"(%arg2, %arg3) {first_round_mode = #tpu<round_mode HalfAwayFromZero>, quant_mode = #tpu<rq_mode MultiplierShift>, round_mode = #tpu<round_mode HalfAwayFromZero>} : (tensor<1x16x8x8xsi32>, tensor<1x16x1x2xf32>) -> tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>> loc("requantfpaxis")
    // CHECK: "tpu.RequantIntAxis"(%arg4, %arg5) {fuse_rq_axis = false, quant_mode = #tpu<rq_mode MultiplierShift>, round_mode = #tpu<round_mode HalfAwayFromZero>, rq_axis = 1 : si32} : (tensor<1x16x8x8xsi32>, tensor<1x16x1x3xsi32>) -> tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>
    %2 = "tpu.RequantIntAxis"(%arg4, %arg5) {fuse_rq_axis = false, quant_mode = #tpu<rq_mode MultiplierShift>, round_mode = #tpu<round_mode HalfAwayFromZero>, rq_axis = 1 : si32} : (tensor<1x16x8x8xsi32>, tensor<1x16x1x3xsi32>) -> tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>> loc("requantintaxis")
    return %0, %1, %2 : tensor<1x16x8x8xsi32>, tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>, tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>
  }
}
