// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Unsqueeze attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x2x3x4xf32>) -> tensor<*xf32> {
    // CHECK: "top.Unsqueeze"(%arg0) {axes = [0]} : (tensor<1x2x3x4xf32>) -> tensor<*xf32>
    // SHAPE: "top.Unsqueeze"{{.*}} -> tensor<1x1x2x3x4xf32>
    %0 = "top.Unsqueeze"(%arg0) {axes = [0]} : (tensor<1x2x3x4xf32>) -> tensor<*xf32> loc("2_Unsqueeze")
    return %0 : tensor<*xf32>
  }
}
