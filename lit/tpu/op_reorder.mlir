// RUN: tpuc-opt %s --verify-roundtrip --subnet-divide --op-reorder | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --op-reorder | FileCheck %s --check-prefix=FLAT

// What is in no layer group moves from the end of its chain to the end of the sub-net, as TPU-MLIR 1.30.2 does.
// CHECK: func.func @subfunc_0(
// CHECK-NEXT: %0 = "top.None"
// CHECK-NEXT: %1 = "tpu.Active"(%arg0)
// CHECK-NEXT: %2 = "tpu.Active"(%1)
// CHECK-NEXT: %3 = "tpu.Permute"(%arg0, %0)
// CHECK-NEXT: %4 = "tpu.Permute"(%3, %0)
// CHECK-NEXT: return %4, %2
// A program that is not divided keeps its order.
// FLAT: "tpu.Permute"(%1, %0)
// FLAT-NEXT: "tpu.Active"
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "F32", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x64x8x8xf32>) -> (tensor<1x64x8x8xf32>, tensor<1x64x8x8xf32>) {
    %0 = "top.None"() : () -> none
    %1 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x64x8x8xf32>) -> tensor<1x64x8x8xf32> loc("in")
    %2 = "tpu.Permute"(%1, %0) {order = [0, 1, 3, 2]} : (tensor<1x64x8x8xf32>, none) -> tensor<1x64x8x8xf32> loc("turned")
    %3 = "tpu.Active"(%1) {mode = #tpu<active_mode ABSVAL>} : (tensor<1x64x8x8xf32>) -> tensor<1x64x8x8xf32> loc("first")
    %4 = "tpu.Permute"(%2, %0) {order = [0, 1, 3, 2]} : (tensor<1x64x8x8xf32>, none) -> tensor<1x64x8x8xf32> loc("back")
    %5 = "tpu.Active"(%3) {mode = #tpu<active_mode ABSVAL>} : (tensor<1x64x8x8xf32>) -> tensor<1x64x8x8xf32> loc("second")
    return %4, %5 : tensor<1x64x8x8xf32>, tensor<1x64x8x8xf32>
  }
}
