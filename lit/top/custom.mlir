// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Custom attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> {
    // CHECK: "top.Custom"(%arg0) {name = "swapchannel", params = [{order = [2 : i32, 1 : i32, 0 : i32]}]} : (tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32>
    // SHAPE: "top.Custom"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.Custom"(%arg0) {name = "swapchannel", params = [{order = [2 : i32, 1 : i32, 0 : i32]}]} : (tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> loc("custom")
    return %0 : tensor<1x16x8x8xf32>
  }
}
