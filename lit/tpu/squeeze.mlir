// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Squeeze attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x1x1xf32>) -> tensor<1x16xf32> {
    // CHECK: "tpu.Squeeze"(%arg0) {axes = [2, 3]} : (tensor<1x16x1x1xf32>) -> tensor<1x16xf32>
    %0 = "tpu.Squeeze"(%arg0) {axes = [2, 3]} : (tensor<1x16x1x1xf32>) -> tensor<1x16xf32> loc("squeeze")
    return %0 : tensor<1x16xf32>
  }
}
