// RUN: tpuc-opt %s --verify-roundtrip --canonicalize --extra-optimize | FileCheck %s

// CHECK-NOT: top.None
module @net attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x4x8x8xf32>) -> tensor<1x4x16x16xf32> {
    %0 = "top.None"() : () -> none
    %1 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> loc("in")
    // A relu becomes an attribute of what is before it.
    // CHECK: "top.Add"(%0, %0) {do_relu = true, is_scalar = false, relu_limit = 6.000000e+00 : f64}{{.*}}loc([[RELU:#loc[0-9]+]])
    %2 = "top.Add"(%1, %1) {do_relu = false, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> loc("add")
    %3 = "top.Relu"(%2) {relu_limit = 6.000000e+00 : f64} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> loc("relu")
    // CHECK-NEXT: "top.SiLU"(%1)
    %4 = "top.Sigmoid"(%3) {bias = 0.000000e+00 : f64, log = false, round_mode = "HalfAwayFromZero", scale = 1.000000e+00 : f64} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> loc("sigmoid")
    %5 = "top.Mul"(%3, %4) {do_relu = false, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> loc("silu")
    // CHECK-NEXT: "top.Upsample"(%2) {{{.*}}scale_h = 2 : i64, scale_w = 2 : i64}
    %6 = "top.Interp"(%5, %0) {coord_mode = "asymmetric", mode = "nearest", scale_h = 2.000000e+00 : f64, scale_w = 2.000000e+00 : f64} : (tensor<1x4x8x8xf32>, none) -> tensor<1x4x16x16xf32> loc("resize")
    // CHECK-NEXT: return
    return %6 : tensor<1x4x16x16xf32>
  }
}
// CHECK: [[RELU]] = loc("relu")
