// RUN: tpuc-opt %s --verify-roundtrip --address-assign | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --address-assign="reuse_addr=false" | FileCheck %s --check-prefix=APART

// The first and the third tensor do not meet: they share memory, unless that is switched off.
// CHECK: module.coeff_addr = 4379901952 : i64, module.coeff_size = 0 : i64,{{.*}}module.neuron_addr = 4379901952 : i64, module.neuron_bound = 768 : i64, module.neuron_size = 8192 : i64,{{.*}}module.state = "TPU_ADDRESSED"
// CHECK: "top.Input"{{.*}} -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>, 4379901952 : i64>
// CHECK-NEXT: "tpu.MulShift"{{.*}} -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>, [[#%u,FIRST:]] : i64>
// CHECK-NEXT: "tpu.MulShift"
// CHECK-NEXT: "tpu.MulShift"{{.*}} -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>, [[#FIRST]] : i64>
// APART: "tpu.MulShift"{{.*}} -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>, [[#%u,FIRST:]] : i64>
// APART-NEXT: "tpu.MulShift"
// APART-NEXT: "tpu.MulShift"
// APART-NOT: -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>, [[#FIRST]] : i64>
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "INT8", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("in")
    %1 = "tpu.MulShift"(%0) {multiplier = 64 : si32, round_mode = #tpu<round_mode HalfUp>, rshift = 6 : si32} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("first")
    %2 = "tpu.MulShift"(%1) {multiplier = 64 : si32, round_mode = #tpu<round_mode HalfUp>, rshift = 6 : si32} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("second")
    %3 = "tpu.MulShift"(%2) {multiplier = 64 : si32, round_mode = #tpu<round_mode HalfUp>, rshift = 6 : si32} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("third")
    %4 = "tpu.Max"(%3, %0) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>, tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("larger")
    return %4 : tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>
  }
}
