// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Softplus attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.Softplus"(%arg0) : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.Softplus"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.Softplus"(%arg0) : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("softplus")
    return %0 : tensor<*xf32>
  }
}
