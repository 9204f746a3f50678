// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @TopK attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x16xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.TopK"(%arg0) {K = 5 : i64, axis = 1 : i64, largest = true, replace_topk_indices = false, sorted = true, use_hau = true} : (tensor<4x16xf32>) -> (tensor<*xf32>, tensor<*xf32>)
    // SHAPE: "top.TopK"{{.*}} -> (tensor<4x5xf32>, tensor<4x5xf32>)
    %0:2 = "top.TopK"(%arg0) {K = 5 : i64, axis = 1 : i64, largest = true, replace_topk_indices = false, sorted = true, use_hau = true} : (tensor<4x16xf32>) -> (tensor<*xf32>, tensor<*xf32>) loc("topk")
    return %0#0, %0#1 : tensor<*xf32>, tensor<*xf32>
  }
}
