// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Arg attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<20x40x60xf32>, %arg1: tensor<20x40x60xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.Arg"(%arg0) {axis = 1 : i64, keepdims = true, mode = "ArgMax", select_last_index = true} : (tensor<20x40x60xf32>) -> (tensor<*xf32>, none)
    // SHAPE: "top.Arg"{{.*}} -> (tensor<20x1x60xf32>, none)
    %0:2 = "top.Arg"(%arg0) {axis = 1 : i64, keepdims = true, mode = "ArgMax", select_last_index = true} : (tensor<20x40x60xf32>) -> (tensor<*xf32>, none) loc("o_max_ArgMax")
    // CHECK: "top.Arg"(%arg1) {axis = 1 : i64, keepdims = true, mode = "ArgMin", select_last_index = true} : (tensor<20x40x60xf32>) -> (tensor<*xf32>, none)
    // SHAPE: "top.Arg"{{.*}} -> (tensor<20x1x60xf32>, none)
    %1:2 = "top.Arg"(%arg1) {axis = 1 : i64, keepdims = true, mode = "ArgMin", select_last_index = true} : (tensor<20x40x60xf32>) -> (tensor<*xf32>, none) loc("o_min_ArgMin")
    return %0#0, %1#0 : tensor<*xf32>, tensor<*xf32>
  }
}
