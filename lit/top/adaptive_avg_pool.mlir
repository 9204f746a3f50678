// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @AdaptiveAvgPool attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x64x14x14xf32>) -> tensor<*xf32> {
    // CHECK: "top.AdaptiveAvgPool"(%arg0) {output_size = [7, 7]} : (tensor<1x64x14x14xf32>) -> tensor<*xf32>
    // SHAPE: "top.AdaptiveAvgPool"{{.*}} -> tensor<1x64x7x7xf32>
    %0 = "top.AdaptiveAvgPool"(%arg0) {output_size = [7, 7]} : (tensor<1x64x14x14xf32>) -> tensor<*xf32> loc("adaptiveavgpool")
    return %0 : tensor<*xf32>
  }
}
