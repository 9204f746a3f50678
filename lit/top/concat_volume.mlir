// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @ConcatVolume attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x32x64x128xf32>, %arg1: tensor<1x32x64x128xf32>) -> tensor<*xf32> {
    // CHECK: "top.ConcatVolume"(%arg0, %arg1) {max_disp = 48 : i64} : (tensor<1x32x64x128xf32>, tensor<1x32x64x128xf32>) -> tensor<*xf32>
    // SHAPE: "top.ConcatVolume"{{.*}} -> tensor<1x64x48x64x128xf32>
    %0 = "top.ConcatVolume"(%arg0, %arg1) {max_disp = 48 : i64} : (tensor<1x32x64x128xf32>, tensor<1x32x64x128xf32>) -> tensor<*xf32> loc("concatvolume")
    return %0 : tensor<*xf32>
  }
}
