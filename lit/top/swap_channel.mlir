// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @SwapChannel attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.SwapChannel"(%arg0) {channel_order = [2, 1, 0]} : (tensor<1x3x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.SwapChannel"{{.*}} -> tensor<1x3x8x8xf32>
    %0 = "top.SwapChannel"(%arg0) {channel_order = [2, 1, 0]} : (tensor<1x3x8x8xf32>) -> tensor<*xf32> loc("swapchannel")
    return %0 : tensor<*xf32>
  }
}
