// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @RMSNorm attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x32x768xf32>, %arg1: tensor<768xf32>) -> tensor<*xf32> {
    // CHECK: "top.RMSNorm"(%arg0, %arg1) {eps = 9.9999999999999995E-7 : f64, weight_keep_f32 = false} : (tensor<1x32x768xf32>, tensor<768xf32>) -> tensor<*xf32>
    // SHAPE: "top.RMSNorm"{{.*}} -> tensor<1x32x768xf32>
    %0 = "top.RMSNorm"(%arg0, %arg1) {eps = 9.9999999999999995E-7 : f64, weight_keep_f32 = false} : (tensor<1x32x768xf32>, tensor<768xf32>) -> tensor<*xf32> loc("rmsnorm")
    return %0 : tensor<*xf32>
  }
}
