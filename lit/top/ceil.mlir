// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Ceil attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.Ceil"(%arg0) : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.Ceil"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.Ceil"(%arg0) : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("ceil")
    return %0 : tensor<*xf32>
  }
}
