// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @MatMul attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x1xf32>, %arg1: tensor<1x32xf32>) -> tensor<*xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "top.MatMul"(%arg0, %arg1, %0) {do_relu = false, dq_type = "NONE", hdim_is_batch = false, is_lora = false, keep_dims = true, left_transpose = false, output_transpose = false, q_group_size = 0 : i64, relu_limit = -1.000000e+00 : f64, right_transpose = false} : (tensor<4x1xf32>, tensor<1x32xf32>, none) -> tensor<*xf32>
    // SHAPE: "top.MatMul"{{.*}} -> tensor<4x32xf32>
    %1 = "top.MatMul"(%arg0, %arg1, %0) {do_relu = false, dq_type = "NONE", hdim_is_batch = false, is_lora = false, keep_dims = true, left_transpose = false, output_transpose = false, q_group_size = 0 : i64, relu_limit = -1.000000e+00 : f64, right_transpose = false} : (tensor<4x1xf32>, tensor<1x32xf32>, none) -> tensor<*xf32> loc("output_Einsum")
    return %1 : tensor<*xf32>
  }
}
