// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @RMSNorm attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x32x768xf32>, %arg1: tensor<768xf32>) -> tensor<1x32x768xf32> {
    // CHECK: "tpu.RMSNorm"(%arg0, %arg1) {eps = 9.9999999999999995E-7 : f64, weight_keep_f32 = false} : (tensor<1x32x768xf32>, tensor<768xf32>) -> tensor<1x32x768xf32>
    %0 = "tpu.RMSNorm"(%arg0, %arg1) {eps = 9.9999999999999995E-7 : f64, weight_keep_f32 = false} : (tensor<1x32x768xf32>, tensor<768xf32>) -> tensor<1x32x768xf32> loc("rmsnorm")
    return %0 : tensor<1x32x768xf32>
  }
}
