// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Arccos attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x32x32xf32>) -> tensor<*xf32> {
    // CHECK: "top.Arccos"(%arg0) : (tensor<1x3x32x32xf32>) -> tensor<*xf32>
    // SHAPE: "top.Arccos"{{.*}} -> tensor<1x3x32x32xf32>
    %0 = "top.Arccos"(%arg0) : (tensor<1x3x32x32xf32>) -> tensor<*xf32> loc("output_Acos")
    return %0 : tensor<*xf32>
  }
}
