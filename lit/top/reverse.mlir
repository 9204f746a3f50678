// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Reverse attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.Reverse"(%arg0) {axis = 1 : i64} : (tensor<4x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.Reverse"{{.*}} -> tensor<4x8xf32>
    %0 = "top.Reverse"(%arg0) {axis = 1 : i64} : (tensor<4x8xf32>) -> tensor<*xf32> loc("reverse")
    return %0 : tensor<*xf32>
  }
}
