// RUN: tpuc-opt %s --verify-roundtrip --dev-parallel | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --dev-parallel --dev-parallel | FileCheck %s

// There is one device: its module is inside. The form is that of TPU-MLIR 1.30.2.
// CHECK: module @net attributes {{{.*}}module.inputs = ["in"], {{.*}}module.outputs = ["larger"],
// CHECK-NEXT: module @net attributes {module.device_id = 0 : i64, module.step = 0 : i64} {
// CHECK-NEXT: func.func @main(
// CHECK-NEXT: "top.Input"
// CHECK-NOT: module @net
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "INT8", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("in")
    %1 = "tpu.MulShift"(%0) {multiplier = 64 : si32, round_mode = #tpu<round_mode HalfUp>, rshift = 6 : si32} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("scaled")
    %2 = "tpu.Max"(%1, %0) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>, tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("larger")
    return %2 : tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>
  }
}
