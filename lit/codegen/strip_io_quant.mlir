// RUN: tpuc-opt %s --verify-roundtrip --strip-io-quant="quant_input=true quant_output=true" | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --strip-io-quant="quant_output=true" | FileCheck %s --check-prefix=OUTPUT
// RUN: tpuc-opt %s --verify-roundtrip --strip-io-quant | FileCheck %s --check-prefix=NONE
// RUN: not tpuc-opt %s --strip-io-quant="quant_output_bf16=true" 2>&1 | FileCheck %s --check-prefix=BF16

// CHECK-NOT: "tpu.Cast"
// CHECK: "top.Input"{{.*}} -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>
// CHECK-NOT: "tpu.Cast"
// CHECK: return %{{.*}} : tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>
// OUTPUT: "top.Input"
// OUTPUT-NEXT: "tpu.Cast"
// OUTPUT-NEXT: "tpu.MulShift"
// OUTPUT-NEXT: return %{{.*}} : tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>
// NONE-COUNT-2: "tpu.Cast"
// BF16: error: quant_output_bf16: this chip has no bf16; use quant_output
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "INT8", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8x!quant.calibrated<f32<-4.000000e+00:4.000000e+00>>> loc("in")
    %1 = "tpu.Cast"(%0) {round_mode = #tpu<round_mode HalfAwayFromZero>, with_scale = true} : (tensor<1x4x8x8x!quant.calibrated<f32<-4.000000e+00:4.000000e+00>>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("in_si8")
    %2 = "tpu.MulShift"(%1) {multiplier = 64 : si32, round_mode = #tpu<round_mode HalfUp>, rshift = 6 : si32} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("scaled")
    %3 = "tpu.Cast"(%2) {round_mode = #tpu<round_mode HalfAwayFromZero>, with_scale = true} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8xf32> loc("out_f32")
    return %3 : tensor<1x4x8x8xf32>
  }
}
