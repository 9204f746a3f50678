// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Add attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1xf32>, %arg1: tensor<10xf32>, %arg2: tensor<1x96x22x22xf32>, %arg3: tensor<1x96x22x22xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.Add"(%arg0, %arg1) {do_relu = false, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<1xf32>, tensor<10xf32>) -> tensor<*xf32>
    // SHAPE: "top.Add"{{.*}} -> tensor<10xf32>
    %0 = "top.Add"(%arg0, %arg1) {do_relu = false, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<1xf32>, tensor<10xf32>) -> tensor<*xf32> loc("x_Add")
    // CHECK: "top.Add"(%arg2, %arg3) {do_relu = true, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x96x22x22xf32>, tensor<1x96x22x22xf32>) -> tensor<*xf32>
    // SHAPE: "top.Add"{{.*}} -> tensor<1x96x22x22xf32>
    %1 = "top.Add"(%arg2, %arg3) {do_relu = true, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x96x22x22xf32>, tensor<1x96x22x22xf32>) -> tensor<*xf32> loc("onnx::Conv_735_Relu")
    return %0, %1 : tensor<*xf32>, tensor<*xf32>
  }
}
