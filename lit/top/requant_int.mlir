// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @RequantInt attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.RequantInt"(%arg0) {fuse_rq = false, multiplier = [16384], quant_mode = "MultiplierShift", round_mode = "HalfAwayFromZero", rq_axis = 1 : si32, rshift = [-14]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.RequantInt"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.RequantInt"(%arg0) {fuse_rq = false, multiplier = [16384], quant_mode = "MultiplierShift", round_mode = "HalfAwayFromZero", rq_axis = 1 : si32, rshift = [-14]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("requantint")
    return %0 : tensor<*xf32>
  }
}
