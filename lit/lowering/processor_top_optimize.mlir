// RUN: tpuc-opt %s --verify-roundtrip --processor-top-optimize | FileCheck %s

module @net attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x4x8x8xf32>, %arg1: tensor<1x4x8x8xf32>) -> (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>, tensor<4x8x8xf32>) {
    %0 = "top.None"() : () -> none
    // CHECK: %[[IN:.*]] = "top.Input"
    %1 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> loc("in")
    // CHECK: %[[OTHER:.*]] = "top.Input"
    %7 = "top.Input"(%arg1) {do_preprocess = false} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> loc("other")
    // A sum of three is a chain of sums of two; the last has the relu.
    // CHECK: %[[TWO:.*]] = "top.Add"(%[[IN]], %[[IN]]) {do_relu = false,
    // CHECK: "top.Add"(%[[TWO]], %[[IN]]) {do_relu = true,
    %2 = "top.Add"(%1, %1, %1) {do_relu = true, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> loc("sum")
    // Two halves in exchanged order are a rotation.
    // CHECK: "top.SwapDimInner"(%[[OTHER]]) {offset = [0, 0, 4, 0]}
    // CHECK-NOT: "top.Slice"
    %3 = "top.Slice"(%7, %0, %0, %0) {axes = [], ends = [1, 4, 8, 8], hasparamConvert_axes = [], offset = [0, 0, 4, 0], steps = [1, 1, 1, 1]} : (tensor<1x4x8x8xf32>, none, none, none) -> tensor<1x4x4x8xf32> loc("low")
    %4 = "top.Slice"(%7, %0, %0, %0) {axes = [], ends = [1, 4, 4, 8], hasparamConvert_axes = [], offset = [0, 0, 0, 0], steps = [1, 1, 1, 1]} : (tensor<1x4x8x8xf32>, none, none, none) -> tensor<1x4x4x8xf32> loc("high")
    %5 = "top.Concat"(%3, %4) {axis = 2 : si32, do_relu = false, only_merge = false, relu_limit = -1.000000e+00 : f64, round_mode = "HalfAwayFromZero"} : (tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32>) -> tensor<1x4x8x8xf32> loc("rotated")
    // CHECK: "top.Reshape"(%[[IN]])
    // CHECK-NOT: "top.Squeeze"
    %6 = "top.Squeeze"(%1) {axes = [0], is_scalar = false} : (tensor<1x4x8x8xf32>) -> tensor<4x8x8xf32> loc("squeezed")
    return %2, %5, %6 : tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>, tensor<4x8x8xf32>
  }
}
