// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Mul attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<7x9x1x38xf32>, %arg1: tensor<7x9x44x38xf32>) -> tensor<*xf32> {
    // CHECK: "top.Mul"(%arg0, %arg1) {do_relu = false, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<7x9x1x38xf32>, tensor<7x9x44x38xf32>) -> tensor<*xf32>
    // SHAPE: "top.Mul"{{.*}} -> tensor<7x9x44x38xf32>
    %0 = "top.Mul"(%arg0, %arg1) {do_relu = false, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<7x9x1x38xf32>, tensor<7x9x44x38xf32>) -> tensor<*xf32> loc("x_Mul")
    return %0 : tensor<*xf32>
  }
}
