// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Mish attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.Mish"(%arg0) : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.Mish"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.Mish"(%arg0) : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("mish")
    return %0 : tensor<*xf32>
  }
}
