// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Sort attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x16xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.Sort"(%arg0) {axis = 1 : i64, descending = true} : (tensor<4x16xf32>) -> (tensor<*xf32>, tensor<*xf32>)
    // SHAPE: "top.Sort"{{.*}} -> (tensor<4x16xf32>, tensor<4x16xf32>)
    %0:2 = "top.Sort"(%arg0) {axis = 1 : i64, descending = true} : (tensor<4x16xf32>) -> (tensor<*xf32>, tensor<*xf32>) loc("sort")
    return %0#0, %0#1 : tensor<*xf32>, tensor<*xf32>
  }
}
