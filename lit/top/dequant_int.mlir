// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @DequantInt attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.DequantInt"(%arg0) {lshift = 0 : i64, multiplier = [16384], quant_mode = "Normal", round_mode = "HalfAwayFromZero", shift = [-14]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.DequantInt"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.DequantInt"(%arg0) {lshift = 0 : i64, multiplier = [16384], quant_mode = "Normal", round_mode = "HalfAwayFromZero", shift = [-14]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("dequantint")
    return %0 : tensor<*xf32>
  }
}
