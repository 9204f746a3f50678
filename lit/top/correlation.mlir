// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Correlation attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x32x64x128xf32>, %arg1: tensor<1x32x64x128xf32>) -> tensor<*xf32> {
    // CHECK: "top.Correlation"(%arg0, %arg1) {max_disp = 48 : i64, num_groups = 1 : i64} : (tensor<1x32x64x128xf32>, tensor<1x32x64x128xf32>) -> tensor<*xf32>
    // SHAPE: "top.Correlation"{{.*}} -> tensor<1x48x64x128xf32>
    %0 = "top.Correlation"(%arg0, %arg1) {max_disp = 48 : i64, num_groups = 1 : i64} : (tensor<1x32x64x128xf32>, tensor<1x32x64x128xf32>) -> tensor<*xf32> loc("correlation")
    return %0 : tensor<*xf32>
  }
}
