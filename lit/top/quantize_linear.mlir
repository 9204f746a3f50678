// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @QuantizeLinear attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.QuantizeLinear"(%arg0) {axis = 1 : i64, y_scale = [5.000000e-02], y_zero_point = [0 : i32]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.QuantizeLinear"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.QuantizeLinear"(%arg0) {axis = 1 : i64, y_scale = [5.000000e-02], y_zero_point = [0 : i32]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("quantizelinear")
    return %0 : tensor<*xf32>
  }
}
