// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Pack attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<2x8xf32>, %arg1: tensor<2x8xf32>, %arg2: tensor<2x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.Pack"(%arg0, %arg1, %arg2) {axis = 1 : si32, values_count = 3 : i64} : (tensor<2x8xf32>, tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.Pack"{{.*}} -> tensor<2x3x8xf32>
    %0 = "top.Pack"(%arg0, %arg1, %arg2) {axis = 1 : si32, values_count = 3 : i64} : (tensor<2x8xf32>, tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<*xf32> loc("pack")
    return %0 : tensor<*xf32>
  }
}
