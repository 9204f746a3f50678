// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Custom attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.Custom"(%arg0, %0) {name = "swapchannel", params = [{order = [2 : i32, 1 : i32, 0 : i32]}]} : (tensor<1x16x8x8xf32>, none) -> tensor<1x16x8x8xf32>
    %1 = "tpu.Custom"(%arg0, %0) {name = "swapchannel", params = [{order = [2 : i32, 1 : i32, 0 : i32]}]} : (tensor<1x16x8x8xf32>, none) -> tensor<1x16x8x8xf32> loc("custom")
    return %1 : tensor<1x16x8x8xf32>
  }
}
