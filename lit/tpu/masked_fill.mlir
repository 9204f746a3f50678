// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @MaskedFill attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> {
    // CHECK: "tpu.MaskedFill"(%arg0, %arg1) {const_val = -1.000000e+02 : f64, inversed = false} : (tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32>
    %0 = "tpu.MaskedFill"(%arg0, %arg1) {const_val = -1.000000e+02 : f64, inversed = false} : (tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> loc("maskedfill")
    return %0 : tensor<1x16x8x8xf32>
  }
}
