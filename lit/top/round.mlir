// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Round attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.Round"(%arg0) : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.Round"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.Round"(%arg0) : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("round")
    return %0 : tensor<*xf32>
  }
}
