// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s

// CHECK: func.func @main(%arg0: tensor<2x4x9x9xf32>{{.*}}) -> (tensor<8x25xf32>, tensor<2x2x9x9xf32>)
module @net attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<2x4x9x9xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    %0 = "top.None"() : () -> none
    %1 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<2x4x9x9xf32>) -> tensor<2x4x9x9xf32> loc("in")
    // Pads of auto_pad and ceil_mode are written out.
    // CHECK: "top.MaxPool"(%1) {{{.*}}kernel_shape = [2, 2]{{.*}}pads = [0, 0, 1, 1]{{.*}}tensor<2x4x5x5xf32>
    %2 = "top.MaxPool"(%1) {auto_pad = "NOTSET", ceil_mode = true, kernel_shape = [2, 2], pads = [0, 0, 0, 0], strides = [2, 2]} : (tensor<2x4x9x9xf32>) -> tensor<*xf32> loc("pool")
    // CHECK-NEXT: "top.Reshape"(%2) {flatten_start_dim = 2 : i64, shape = [8, 25]}
    %3 = "top.Flatten"(%2) {end_dim = -1 : i64, start_dim = 2 : i64} : (tensor<*xf32>) -> tensor<*xf32> loc("flat")
    // What nothing uses goes away.
    // CHECK-NOT: top.Relu
    %4 = "top.Relu"(%2) {relu_limit = -1.000000e+00 : f64} : (tensor<*xf32>) -> tensor<*xf32> loc("unused")
    // CHECK: "top.Slice"{{.*}}{axes = [], ends = [2, -1, 9, 9], hasparamConvert_axes = [1], offset = [0, 1, 0, 0], steps = [1, 1, 1, 1]}{{.*}} -> tensor<2x2x9x9xf32>
    %5 = "top.Slice"(%1, %0, %0, %0) {axes = [1], ends = [-1], hasparamConvert_axes = [], offset = [1], steps = [1]} : (tensor<2x4x9x9xf32>, none, none, none) -> tensor<*xf32> loc("slice")
    return %3, %5 : tensor<*xf32>, tensor<*xf32>
  }
}
