// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @TopK attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x16xf32>) -> (tensor<4x5xf32>, tensor<4x5xf32>) {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.TopK"(%arg0, %0, %0, %0, %0) {K = 5 : i64, axis = 1 : i64, largest = true, replace_topk_indices = false, sorted = true, use_hau = true, values_used_only = false} : (tensor<4x16xf32>, none, none, none, none) -> (tensor<4x5xf32>, tensor<4x5xf32>)
    %1:2 = "tpu.TopK"(%arg0, %0, %0, %0, %0) {K = 5 : i64, axis = 1 : i64, largest = true, replace_topk_indices = false, sorted = true, use_hau = true, values_used_only = false} : (tensor<4x16xf32>, none, none, none, none) -> (tensor<4x5xf32>, tensor<4x5xf32>) loc("topk")
    return %1#0, %1#1 : tensor<4x5xf32>, tensor<4x5xf32>
  }
}
