// RUN: tpuc-opt %s --verify-roundtrip --subnet-divide --split-input-file | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --subnet-divide --subnet-divide --split-input-file | FileCheck %s
// RUN: not tpuc-opt %s --subnet-divide="dynamic=true" --split-input-file 2>&1 | FileCheck %s --check-prefix=DYNAMIC
// RUN: tpuc-opt %s --subnet-divide --op-reorder --topo-sort --address-assign --split-input-file | FileCheck %s --check-prefix=ADDRESSED

// The forms are those of TPU-MLIR 1.30.2.
// DYNAMIC: error: dynamic shapes need the vendor's on-chip interpreter; compile one static model for each shape

// One sub-net.
// CHECK: module @net attributes {{{.*}}module.state = "TPU_DIVIDED"
// CHECK: func.func @main(
// CHECK-NEXT: %0 = "top.Input"(%arg0)
// CHECK-NEXT: %1 = call @subfunc_0(%0) : (
// CHECK-NEXT: return %1
// CHECK: func.func @subfunc_0(%arg0: tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("in")) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> attributes {id = 0 : i64, mode = #tpu<run_mode TPU_STATIC>, next_index = array<i32: -1>} {
// CHECK-NEXT: %0 = "tpu.MulShift"(%arg0)
// CHECK-NEXT: %1 = "tpu.Max"(%0, %arg0)
// CHECK-NEXT: return %1

// A layer of the host parts what is before it from what is behind it. Reshapes one behind the other are one.
// CHECK: func.func @main(
// CHECK: %2 = call @subfunc_0(%0) : (tensor<1x4xf32>) -> tensor<1x4xf32>
// CHECK-NEXT: %3 = call @subfunc_1(%2, %1) : (tensor<1x4xf32>, tensor<1x4xsi32>) -> tensor<1x4xf32>
// CHECK-NEXT: %4 = call @subfunc_2(%3, %2) : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
// CHECK-NEXT: return %4, %2
// CHECK: func.func @subfunc_0(%arg0: tensor<1x4xf32> loc("in")) -> tensor<1x4xf32> attributes {id = 0 : i64, mode = #tpu<run_mode TPU_STATIC>, next_index = array<i32: 1>} {
// CHECK-NEXT: "tpu.AddConst"(%arg0)
// CHECK: func.func @subfunc_1(%arg0: tensor<1x4xf32> loc("more"), %arg1: tensor<1x4xsi32> loc("indices")) -> tensor<1x4xf32> attributes {id = 1 : i64, mode = #tpu<run_mode CPU>, next_index = array<i32: 2>} {
// CHECK-NEXT: "tpu.GenericCpu"(%arg0, %arg1)
// CHECK: func.func @subfunc_2(%arg0: tensor<1x4xf32> loc("gathered"), %arg1: tensor<1x4xf32> loc("more")) -> tensor<1x4xf32> attributes {id = 2 : i64, mode = #tpu<run_mode TPU_STATIC>, next_index = array<i32: -1>} {
// CHECK-NEXT: %0 = "top.None"
// CHECK-NEXT: %1 = "tpu.Reshape"(%arg0, %0) {{.*}} -> tensor<1x4xf32> loc([[ROW:#loc[0-9]*]])
// CHECK-NEXT: %2 = "tpu.Add"(%1, %arg1)
// CHECK: [[ROW]] = loc("row")

// Calls, arguments and results have the addresses of what they stand for.
// ADDRESSED: module @net attributes {{{.*}}module.coeff_addr
// ADDRESSED: %1 = call @subfunc_0(%0) : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>, [[#%u,IN:]] : i64>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>, [[#%u,OUT:]] : i64>
// ADDRESSED: func.func @subfunc_0(%arg0: tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>, [[#IN]] : i64> loc("in")) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>, [[#OUT]] : i64>
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "INT8", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("in")
    %1 = "tpu.MulShift"(%0) {multiplier = 64 : si32, round_mode = #tpu<round_mode HalfUp>, rshift = 6 : si32} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("scaled")
    %2 = "tpu.Max"(%1, %0) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>, tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("larger")
    return %2 : tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>
  }
}
// -----
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "F32", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x4xf32>, %arg1: tensor<1x4xsi32>) -> (tensor<1x4xf32>, tensor<1x4xf32>) {
    %0 = "top.None"() : () -> none
    %1 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x4xf32>) -> tensor<1x4xf32> loc("in")
    %2 = "top.Input"(%arg1) {do_preprocess = false} : (tensor<1x4xsi32>) -> tensor<1x4xsi32> loc("indices")
    %3 = "tpu.AddConst"(%1) {const_val = 1.000000e+00 : f64, do_relu = false, multiplier = 1 : si32, relu_limit = -1.000000e+00 : f64, rshift = 0 : si32} : (tensor<1x4xf32>) -> tensor<1x4xf32> loc("more")
    %4 = "tpu.GenericCpu"(%3, %2) {cpu_op_name = "gatherelements_pt", param = {axis = 1 : i64}} : (tensor<1x4xf32>, tensor<1x4xsi32>) -> tensor<1x4xf32> loc("gathered")
    %5 = "tpu.Reshape"(%4, %0) {flatten_start_dim = -1 : i64, shape = []} : (tensor<1x4xf32>, none) -> tensor<4x1xf32> loc("column")
    %6 = "tpu.Squeeze"(%5) {axes = [1], is_scalar = false} : (tensor<4x1xf32>) -> tensor<4xf32> loc("list")
    %7 = "tpu.Unsqueeze"(%6) {axes = [0]} : (tensor<4xf32>) -> tensor<1x4xf32> loc("row")
    %8 = "tpu.Add"(%7, %3) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32> loc("sum")
    return %8, %3 : tensor<1x4xf32>, tensor<1x4xf32>
  }
}
