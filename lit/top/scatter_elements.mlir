// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @ScatterElements attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<3x8xf32>, %arg1: tensor<2x8xf32>, %arg2: tensor<2x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.ScatterElements"(%arg0, %arg1, %arg2) {axis = 0 : i64, nc_can_split = false, reduction = 0 : i64} : (tensor<3x8xf32>, tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.ScatterElements"{{.*}} -> tensor<3x8xf32>
    %0 = "top.ScatterElements"(%arg0, %arg1, %arg2) {axis = 0 : i64, nc_can_split = false, reduction = 0 : i64} : (tensor<3x8xf32>, tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<*xf32> loc("scatterelements")
    return %0 : tensor<*xf32>
  }
}
