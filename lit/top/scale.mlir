// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Scale attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<20x6x10x10xf32>, %arg1: tensor<1x6xf32>, %arg2: tensor<1x6xf32>) -> tensor<*xf32> {
    // CHECK: "top.Scale"(%arg0, %arg1, %arg2) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<20x6x10x10xf32>, tensor<1x6xf32>, tensor<1x6xf32>) -> tensor<*xf32>
    // SHAPE: "top.Scale"{{.*}} -> tensor<20x6x10x10xf32>
    %0 = "top.Scale"(%arg0, %arg1, %arg2) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<20x6x10x10xf32>, tensor<1x6xf32>, tensor<1x6xf32>) -> tensor<*xf32> loc("15_Add")
    return %0 : tensor<*xf32>
  }
}
