// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @RandnLike attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.RandnLike"(%arg0, %arg1) : (tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.RandnLike"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.RandnLike"(%arg0, %arg1) : (tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("randnlike")
    return %0 : tensor<*xf32>
  }
}
