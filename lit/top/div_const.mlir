// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @DivConst attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.DivConst"(%arg0) {const_val = 2.000000e+00 : f64, do_relu = false, is_reverse = false, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.DivConst"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.DivConst"(%arg0) {const_val = 2.000000e+00 : f64, do_relu = false, is_reverse = false, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("divconst")
    return %0 : tensor<*xf32>
  }
}
