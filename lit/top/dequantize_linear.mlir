// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @DequantizeLinear attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.DequantizeLinear"(%arg0) {axis = 1 : i64, x_scale = [5.000000e-02], x_zero_point = [0 : i32]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.DequantizeLinear"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.DequantizeLinear"(%arg0) {axis = 1 : i64, x_scale = [5.000000e-02], x_zero_point = [0 : i32]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("dequantizelinear")
    return %0 : tensor<*xf32>
  }
}
