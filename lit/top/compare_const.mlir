// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @CompareConst attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x27x27xf32>, %arg1: tensor<1x3x27x27xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.CompareConst"(%arg0) {const_val = 5.000000e-01 : f64, inversed = false, is_scalar = false, mode = "Less"} : (tensor<1x3x27x27xf32>) -> tensor<*xf32>
    // SHAPE: "top.CompareConst"{{.*}} -> tensor<1x3x27x27xf32>
    %0 = "top.CompareConst"(%arg0) {const_val = 5.000000e-01 : f64, inversed = false, is_scalar = false, mode = "Less"} : (tensor<1x3x27x27xf32>) -> tensor<*xf32> loc("output_Less")
    // CHECK: "top.CompareConst"(%arg1) {const_val = 5.000000e-01 : f64, inversed = false, is_scalar = false, mode = "Greater"} : (tensor<1x3x27x27xf32>) -> tensor<*xf32>
    // SHAPE: "top.CompareConst"{{.*}} -> tensor<1x3x27x27xf32>
    %1 = "top.CompareConst"(%arg1) {const_val = 5.000000e-01 : f64, inversed = false, is_scalar = false, mode = "Greater"} : (tensor<1x3x27x27xf32>) -> tensor<*xf32> loc("output_Greater")
    return %0, %1 : tensor<*xf32>, tensor<*xf32>
  }
}
