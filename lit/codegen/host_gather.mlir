// RUN: tpuc-opt %s --verify-roundtrip --processor-tpu-optimize | FileCheck %s

// What the chip does by itself stays.
// CHECK: %0 = "top.Input"(%arg0)
// CHECK-NEXT: %1 = "tpu.MulShift"(%0)
// CHECK-NEXT: %2 = "tpu.Max"(%1, %0)
// Slices at computed indices: the indices are repeated for each element of a slice, the host gathers elements.
// CHECK-NEXT: [[DATA:%[0-9]+]] = "top.Input"(%arg1)
// CHECK-NEXT: [[INDICES:%[0-9]+]] = "top.Input"(%arg2)
// CHECK: [[SHAPED:%[0-9]+]] = "tpu.Reshape"([[DATA]]) {{.*}} -> tensor<2x5x12xf32>
// CHECK-NEXT: [[WIDE:%[0-9]+]] = "tpu.Tile"([[SHAPED]]) {tile = [1, 1, 1]} : {{.*}} -> tensor<2x5x12xf32>
// CHECK-NEXT: [[FLAT:%[0-9]+]] = "tpu.Reshape"([[INDICES]]) {{.*}} -> tensor<1x3x1xsi32>
// CHECK-NEXT: [[TILED:%[0-9]+]] = "tpu.Tile"([[FLAT]]) {tile = [2, 1, 12]} : {{.*}} -> tensor<2x3x12xsi32>
// CHECK-NEXT: [[GATHERED:%[0-9]+]] = "tpu.GenericCpu"([[WIDE]], [[TILED]]) {cpu_op_name = "gatherelements_pt", param = {axis = 1 : i64}} : {{.*}} -> tensor<2x3x12xf32>
// CHECK-NEXT: [[BACK:%[0-9]+]] = "tpu.Reshape"([[GATHERED]]) {{.*}} -> tensor<2x3x4x3xf32>
// CHECK-NEXT: [[RESULT:%[0-9]+]] = "tpu.Tile"([[BACK]]) {tile = [1, 1, 1, 1]} : {{.*}} -> tensor<2x3x4x3xf32>
// CHECK-NEXT: return %2, [[RESULT]]
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "INT8", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>, %arg1: tensor<2x5x4x3xf32>, %arg2: tensor<3xsi32>) -> (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>, tensor<2x3x4x3xf32>) {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("in")
    %1 = "tpu.MulShift"(%0) {multiplier = 64 : si32, round_mode = #tpu<round_mode HalfUp>, rshift = 6 : si32} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("scaled")
    %2 = "tpu.Max"(%1, %0) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>, tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("larger")
    %3 = "top.Input"(%arg1) {do_preprocess = false} : (tensor<2x5x4x3xf32>) -> tensor<2x5x4x3xf32> loc("data")
    %4 = "top.Input"(%arg2) {do_preprocess = false} : (tensor<3xsi32>) -> tensor<3xsi32> loc("indices")
    %5 = "top.None"() : () -> none loc(unknown)
    %6 = "tpu.Gather"(%3, %4, %5) {axis = 1 : si32, if_neg_index = true, is_lora = false} : (tensor<2x5x4x3xf32>, tensor<3xsi32>, none) -> tensor<2x3x4x3xf32> loc("gathered")
    return %2, %6 : tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>, tensor<2x3x4x3xf32>
  }
}
