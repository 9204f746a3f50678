// RUN: tpuc-opt %s --verify-roundtrip --canonicalize --extra-optimize | FileCheck %s

// Structures of several operations that one operation, or fewer, can do.
module @net attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<2x4x16x20x32xf32>, %arg1: tensor<1x8x6x4xf32>, %arg2: tensor<8x16x32x64xf32>) -> (tensor<2x32x16x4x20xf32>, tensor<1x1x12x16xf32>, tensor<16x32x64xf32>, tensor<1x8x2x4xf32>, tensor<1x8x6x4xf32>, tensor<1x8x6x4xf32>) {
    %0 = "top.None"() : () -> none
    %1 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<2x4x16x20x32xf32>) -> tensor<2x4x16x20x32xf32> loc("five")
    // An order of five dimensions is done in two steps.
    // CHECK: "top.Permute"(%{{.*}}) {order = [0, 1, 4, 2, 3]}
    // CHECK-NEXT: "top.Permute"(%{{.*}}) {order = [0, 2, 3, 1, 4]}
    %2 = "top.Permute"(%1) {order = [0, 4, 2, 1, 3]} : (tensor<2x4x16x20x32xf32>) -> tensor<2x32x16x4x20xf32> loc("moved")
    %3 = "top.Input"(%arg1) {do_preprocess = false} : (tensor<1x8x6x4xf32>) -> tensor<1x8x6x4xf32> loc("image")
    // Channels that only change their place belong to what moves blocks.
    // CHECK: "top.Depth2Space"(%{{[0-9]+}}) {{{.*}}in_is_NCHW = false
    %4 = "top.Permute"(%3) {order = [0, 3, 1, 2]} : (tensor<1x8x6x4xf32>) -> tensor<1x4x8x6xf32> loc("first")
    %5 = "top.Depth2Space"(%4) {block_h = 2 : i64, block_w = 2 : i64, in_is_NCHW = true, is_CRD = false, is_inversed = false, out_is_NCHW = true, swap_cr = false} : (tensor<1x4x8x6xf32>) -> tensor<1x1x16x12xf32> loc("blocks")
    %6 = "top.Reshape"(%5) {flatten_start_dim = -1 : i64} : (tensor<1x1x16x12xf32>) -> tensor<1x1x12x16xf32> loc("turned")
    %7 = "top.Input"(%arg2) {do_preprocess = false} : (tensor<8x16x32x64xf32>) -> tensor<8x16x32x64xf32> loc("batch")
    // A permutation that only moves what is reduced.
    // CHECK: "top.Reduce"(%{{[0-9]+}}) {axes = [0]
    %8 = "top.Permute"(%7) {order = [1, 0, 2, 3]} : (tensor<8x16x32x64xf32>) -> tensor<16x8x32x64xf32> loc("swapped")
    %9 = "top.Reduce"(%8) {axes = [1], is_scalar = false, keepdims = false, mode = "ReduceMean"} : (tensor<16x8x32x64xf32>) -> tensor<16x32x64xf32> loc("mean")
    // Two slices in a row.
    // CHECK: "top.Slice"({{.*}}) {{{.*}}ends = [1, 8, 6, 4], {{.*}}offset = [0, 0, 2, 0], steps = [1, 1, 2, 1]}
    %10 = "top.Slice"(%3, %0, %0, %0) {axes = [], ends = [1, 8, 6, 4], hasparamConvert_axes = [2], offset = [0, 0, 1, 0], steps = [1, 1, 1, 1]} : (tensor<1x8x6x4xf32>, none, none, none) -> tensor<1x8x5x4xf32> loc("rows")
    %11 = "top.Slice"(%10, %0, %0, %0) {axes = [], ends = [1, 8, 5, 4], hasparamConvert_axes = [2], offset = [0, 0, 1, 0], steps = [1, 1, 2, 1]} : (tensor<1x8x5x4xf32>, none, none, none) -> tensor<1x8x2x4xf32> loc("half")
    // Everything, backwards.
    // CHECK: "top.Reverse"(%{{[0-9]+}}) {axis = 3 : i64}
    %12 = "top.Slice"(%3, %0, %0, %0) {axes = [], ends = [1, 8, 6, -5], hasparamConvert_axes = [3], offset = [0, 0, 0, -1], steps = [1, 1, 1, -1]} : (tensor<1x8x6x4xf32>, none, none, none) -> tensor<1x8x6x4xf32> loc("back")
    // CHECK: "top.Softsign"(%{{[0-9]+}})
    %13 = "top.Abs"(%3) : (tensor<1x8x6x4xf32>) -> tensor<1x8x6x4xf32> loc("abs")
    %14 = "top.AddConst"(%13) {const_val = 1.000000e+00 : f64, do_relu = false, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x8x6x4xf32>) -> tensor<1x8x6x4xf32> loc("one")
    %15 = "top.Div"(%3, %14) {do_relu = false, is_reverse = false, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x8x6x4xf32>, tensor<1x8x6x4xf32>) -> tensor<1x8x6x4xf32> loc("sign")
    // CHECK-NEXT: return
    return %2, %6, %9, %11, %12, %15 : tensor<2x32x16x4x20xf32>, tensor<1x1x12x16xf32>, tensor<16x32x64xf32>, tensor<1x8x2x4xf32>, tensor<1x8x6x4xf32>, tensor<1x8x6x4xf32>
  }
}
