// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @ConcatVolume attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x32x64x128xf32>, %arg1: tensor<1x32x64x128xf32>) -> tensor<1x64x48x64x128xf32> {
    // CHECK: "tpu.ConcatVolume"(%arg0, %arg1) {max_disp = 48 : i64} : (tensor<1x32x64x128xf32>, tensor<1x32x64x128xf32>) -> tensor<1x64x48x64x128xf32>
    %0 = "tpu.ConcatVolume"(%arg0, %arg1) {max_disp = 48 : i64} : (tensor<1x32x64x128xf32>, tensor<1x32x64x128xf32>) -> tensor<1x64x48x64x128xf32> loc("concatvolume")
    return %0 : tensor<1x64x48x64x128xf32>
  }
}
