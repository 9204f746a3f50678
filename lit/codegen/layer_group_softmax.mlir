// RUN: tpuc-opt %s --verify-roundtrip --layer-group="row_slices=2" | FileCheck %s
// RUN: tpuc-opt %s --layer-group="row_slices=2" -o %t.mlir && sed -e 's/hsecs = 1/hsecs = 2/' -e 's/h_idx = .0., h_slice = .16./h_idx = [0, 8], h_slice = [8, 8]/' %t.mlir > %t.bad.mlir && not tpuc-opt %t.bad.mlir --address-assign --codegen="model_file=%t.bmodel" 2>&1 | FileCheck %s --check-prefix=CUT

// What is behind the axis lies in lanes and columns, the axis in rows, which are not cut; slices are over what is before it.
// CHECK: "tpu.Group"
// CHECK-NEXT: "tpu.Load"({{.*}} n_idx = [0, 1], n_slice = [1, 1], {{.*}} c_slice = [64], {{.*}} h_idx = [0], h_slice = [16], {{.*}} w_slice = [6]
// CHECK-NEXT: "tpu.MulConst"
// CHECK-NEXT: "tpu.Softmax"
// CHECK-NEXT: "tpu.Store"
// CHECK-NEXT: "tpu.Yield"
// CHECK-NEXT: {{.*}} group_type = 2 : i64, hsecs = 1 : i64, nsecs = 2 : i64
// CUT: error: {{.*}} slices over the axis of an operation
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "F32", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC", module.weight_file = "none.npz"} {
  func.func @main(%arg0: tensor<2x16x4x96xf32>) -> tensor<2x16x4x96xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<2x16x4x96xf32>) -> tensor<2x16x4x96xf32> loc("in")
    %1 = "tpu.MulConst"(%0) {const_val = 1.500000e+00 : f64, do_relu = false} : (tensor<2x16x4x96xf32>) -> tensor<2x16x4x96xf32> loc("scaled")
    %2 = "tpu.Softmax"(%1) {axis = 1 : si32, beta = 1.0 : f64, log = false} : (tensor<2x16x4x96xf32>) -> tensor<2x16x4x96xf32> loc("softmax")
    return %2 : tensor<2x16x4x96xf32>
  }
}
