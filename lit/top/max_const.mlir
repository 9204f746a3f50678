// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @MaxConst attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.MaxConst"(%arg0) {const_val = 0.000000e+00 : f64, is_scalar = false} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.MaxConst"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.MaxConst"(%arg0) {const_val = 0.000000e+00 : f64, is_scalar = false} : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("maxconst")
    return %0 : tensor<*xf32>
  }
}
