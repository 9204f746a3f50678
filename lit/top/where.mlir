// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Where attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "top.Where"(%arg0, %arg1, %0) {x_const_val = 0.000000e+00 : f64, x_is_const = false, y_const_val = -1.000000e+00 : f64, y_is_const = true} : (tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>, none) -> tensor<*xf32>
    // SHAPE: "top.Where"{{.*}} -> tensor<1x16x8x8xf32>
    %1 = "top.Where"(%arg0, %arg1, %0) {x_const_val = 0.000000e+00 : f64, x_is_const = false, y_const_val = -1.000000e+00 : f64, y_is_const = true} : (tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>, none) -> tensor<*xf32> loc("where")
    return %1 : tensor<*xf32>
  }
}
