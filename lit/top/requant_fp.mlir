// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @RequantFp attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.RequantFp"(%arg0) {first_round_mode = "HalfUp", offset = [0.000000e+00], quant_mode = "MultiplierShift", round_mode = "HalfAwayFromZero", scale = [5.000000e-01]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.RequantFp"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.RequantFp"(%arg0) {first_round_mode = "HalfUp", offset = [0.000000e+00], quant_mode = "MultiplierShift", round_mode = "HalfAwayFromZero", scale = [5.000000e-01]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("requantfp")
    return %0 : tensor<*xf32>
  }
}
