// RUN: tpuc-opt %s --verify-roundtrip --weight-fold | FileCheck %s

module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "INT8", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC", module.weight_file = "../inputs/weights.npz"} {
  func.func @main(%arg0: tensor<3x2xf32>) -> tensor<3x2xf32> {
    %0 = "top.None"() : () -> none
    %1 = "top.Weight"() : () -> tensor<2x3xf32> loc("matrix")
    // What moves a weight is done now.
    // CHECK: %[[FOLDED:.*]] = "top.Weight"() : () -> tensor<3x2xf32>
    // CHECK-NOT: "tpu.Permute"
    // CHECK: "tpu.Add"(%arg0, %[[FOLDED]])
    %2 = "tpu.Permute"(%1, %0) {order = [1, 0]} : (tensor<2x3xf32>, none) -> tensor<3x2xf32> loc("turned")
    %3 = "tpu.Add"(%arg0, %2) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32> loc("sum")
    return %3 : tensor<3x2xf32>
  }
}
// CHECK: loc("turned_folder")
