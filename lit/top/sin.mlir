// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Sin attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.Sin"(%arg0) : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.Sin"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.Sin"(%arg0) : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("sin")
    return %0 : tensor<*xf32>
  }
}
