// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Correlation attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x32x64x128xf32>, %arg1: tensor<1x32x64x128xf32>) -> tensor<1x48x64x128xf32> {
    // CHECK: "tpu.Correlation"(%arg0, %arg1) {max_disp = 48 : i64, num_groups = 1 : i64} : (tensor<1x32x64x128xf32>, tensor<1x32x64x128xf32>) -> tensor<1x48x64x128xf32>
    %0 = "tpu.Correlation"(%arg0, %arg1) {max_disp = 48 : i64, num_groups = 1 : i64} : (tensor<1x32x64x128xf32>, tensor<1x32x64x128xf32>) -> tensor<1x48x64x128xf32> loc("correlation")
    return %0 : tensor<1x48x64x128xf32>
  }
}
