// RUN: tpuc-opt %s --verify-roundtrip --subnet-divide --topo-sort | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --subnet-divide --topo-sort="depth_first=false" | FileCheck %s --check-prefix=LAST

// Operations of layer groups, then the others, then those that follow; readers follow what they read. So does TPU-MLIR 1.30.2.
// CHECK: func.func @subfunc_0(
// CHECK-NEXT: %0 = "top.None"
// CHECK-NEXT: %1 = "tpu.Active"(%arg0) {{.*}} loc([[B:#loc[0-9]*]])
// CHECK-NEXT: %2 = "tpu.Active"(%arg0) {{.*}} loc([[A:#loc[0-9]*]])
// CHECK-NEXT: %3 = "tpu.Permute"(%2, %0)
// CHECK-NEXT: %4 = "tpu.Permute"(%1, %0)
// CHECK-NEXT: %5 = "tpu.Active"(%3)
// CHECK: [[B]] = loc("b")
// CHECK: [[A]] = loc("a")
// LAST: func.func @subfunc_0(
// LAST: %3 = "tpu.Permute"(%1, %0)
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "F32", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x64x8x8xf32>) -> (tensor<1x64x8x8xf32>, tensor<1x64x8x8xf32>) {
    %0 = "top.None"() : () -> none
    %1 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x64x8x8xf32>) -> tensor<1x64x8x8xf32> loc("in")
    %2 = "tpu.Active"(%1) {mode = #tpu<active_mode ABSVAL>} : (tensor<1x64x8x8xf32>) -> tensor<1x64x8x8xf32> loc("a")
    %3 = "tpu.Permute"(%2, %0) {order = [0, 1, 3, 2]} : (tensor<1x64x8x8xf32>, none) -> tensor<1x64x8x8xf32> loc("a_turned")
    %4 = "tpu.Active"(%3) {mode = #tpu<active_mode ABSVAL>} : (tensor<1x64x8x8xf32>) -> tensor<1x64x8x8xf32> loc("a_end")
    %5 = "tpu.Active"(%1) {mode = #tpu<active_mode EXP>} : (tensor<1x64x8x8xf32>) -> tensor<1x64x8x8xf32> loc("b")
    %6 = "tpu.Permute"(%5, %0) {order = [0, 1, 3, 2]} : (tensor<1x64x8x8xf32>, none) -> tensor<1x64x8x8xf32> loc("b_turned")
    return %4, %6 : tensor<1x64x8x8xf32>, tensor<1x64x8x8xf32>
  }
}
