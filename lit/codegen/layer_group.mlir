// RUN: tpuc-opt %s --verify-roundtrip --layer-group="row_slices=2" | FileCheck %s
// RUN: tpuc-opt %s --layer-group="opt=0" | FileCheck %s --check-prefix=ALONE
// RUN: tpuc-opt %s --layer-group="opt=1 group_by_cores=auto compress_mode=none debugger=0 disable_group_overlap=false lgcache=false config_filename= enable_lghash=false" | FileCheck %s --check-prefix=WHOLE
// RUN: not tpuc-opt %s --layer-group="opt=4" 2>&1 | FileCheck %s --check-prefix=LEVEL
// RUN: not tpuc-opt %s --layer-group="row_slices=0" 2>&1 | FileCheck %s --check-prefix=SLICES
// RUN: rm -rf %t.cache
// RUN: tpuc-opt %s --layer-group="row_slices=2 lgcache=true lghash_dir=%t.cache" | FileCheck %s
// RUN: tpuc-opt %s --layer-group="row_slices=2 lgcache=true lghash_dir=%t.cache" | FileCheck %s
// RUN: cat %t.cache/*.json | FileCheck %s --check-prefix=CACHE

// Two slices: each window reads a row of the other slice, which is computed twice; what is loaded has one more.
// CHECK: %0 = "top.None"
// CHECK: %2 = "tpu.Group"(%1) ({
// CHECK-NEXT: %3 = "tpu.Load"(%1) {{.*}} h_idx = [0, 6], h_slice = [9, 10], {{.*}} id = 0, stage = 0,
// CHECK-NEXT: %4 = "tpu.Pool2D"(%3) {{.*}} h_idx = [0, 7], h_slice = [8, 9], {{.*}} id = 1, stage = 1,
// CHECK-NEXT: %5 = "tpu.Relu"(%4) {{.*}} h_idx = [0, 7], h_slice = [8, 9], {{.*}} id = 2, stage = 1,
// CHECK-NEXT: %6 = "tpu.Pool2D"(%5) {{.*}} h_idx = [0, 4], h_slice = [4, 4], {{.*}} id = 3, stage = 1,
// CHECK-NEXT: %7 = "tpu.Store"(%6, %0) {{.*}} h_idx = [0, 4], h_slice = [4, 4], {{.*}} id = 4, stage = 2,
// CHECK-NEXT: "tpu.Yield"(%7)
// CHECK-NEXT: {{.*}} hsecs = 2 : i64, nsecs = 1 : i64,
// ALONE: %1 = "tpu.Pool2D"(%0)
// ALONE-NEXT: %2 = "tpu.Relu"(%1)
// ALONE-NEXT: %3 = "tpu.Pool2D"(%2)
// WHOLE: "tpu.Load"(%1) {{.*}} h_idx = [0], h_slice = [16]
// WHOLE: hsecs = 1 : i64
// LEVEL: error: layer-group: opt=4; 0 to 3 are known
// SLICES: error: layer-group: row_slices=0; 1 to 128 are possible
// CACHE: {"format":"tpuc-layer-groups 2","groups":[{"operations":[0,3],"batches":1,"row_slices":2,"seen":"own"}]}
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "F32", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x8x16x16xf32>) -> tensor<1x8x8x16xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x8x16x16xf32>) -> tensor<1x8x16x16xf32> loc("in")
    %1 = "tpu.Pool2D"(%0) {count_include_pad = false, do_relu = false, first_round_mode = #tpu<round_mode HalfAwayFromZero>, is_adaptive = false, keepdims = true, kernel_shape = [3, 3], pad_value = 0 : i64, pads = [1, 1, 1, 1], pool_mode = #tpu<pool_mode Max>, relu_limit = -1.000000e+00 : f64, round_mode = #tpu<round_mode HalfAwayFromZero>, strides = [1, 1]} : (tensor<1x8x16x16xf32>) -> tensor<1x8x16x16xf32> loc("first")
    %2 = "tpu.Relu"(%1) {relu_limit = -1.000000e+00 : f64} : (tensor<1x8x16x16xf32>) -> tensor<1x8x16x16xf32> loc("positive")
    %3 = "tpu.Pool2D"(%2) {count_include_pad = false, do_relu = false, first_round_mode = #tpu<round_mode HalfAwayFromZero>, is_adaptive = false, keepdims = true, kernel_shape = [3, 3], pad_value = 0 : i64, pads = [1, 1, 1, 1], pool_mode = #tpu<pool_mode Max>, relu_limit = -1.000000e+00 : f64, round_mode = #tpu<round_mode HalfAwayFromZero>, strides = [2, 1]} : (tensor<1x8x16x16xf32>) -> tensor<1x8x8x16xf32> loc("second")
    return %3 : tensor<1x8x8x16xf32>
  }
}
