// RUN: tpuc-opt %s --verify-roundtrip --address-assign --codegen="model_file=%t.bmodel" | FileCheck %s
// RUN: tpuc bmodel info %t.bmodel | FileCheck %s --check-prefix=MODEL
// RUN: tpuc bmodel dis %t.bmodel | FileCheck %s --check-prefix=COMMANDS
// RUN: not tpuc-opt %s --codegen="model_file=%t.none" 2>&1 | FileCheck %s --check-prefix=ADDRESSED
// RUN: not ls %t.none

// The program itself stays as it is.
// CHECK: module.state = "TPU_ADDRESSED"
// ADDRESSED: error: the program has no addresses yet; run --address-assign before codegen
// MODEL: net 0: [net]  static
// MODEL: input: in, [1, 4, 8, 8], int8, scale: 32, zero_point: 0
// MODEL: output: larger, [1, 4, 8, 8], int8, scale: 0.03125, zero_point: 0
// COMMANDS: in  0x105100000 in 1x4x8x8xint8
// COMMANDS: mul i8xi8->i8 {{.*}}opt_right_shift=6
// COMMANDS: max i16xi16->i16
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "INT8", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("in")
    %1 = "tpu.MulShift"(%0) {multiplier = 64 : si32, round_mode = #tpu<round_mode HalfUp>, rshift = 6 : si32} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("scaled")
    %2 = "tpu.Max"(%1, %0) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>, tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("larger")
    return %2 : tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>
  }
}
