// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Insert attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x8x16x16xf32>, %arg1: tensor<1x2x16x16xf32>) -> tensor<*xf32> {
    // CHECK: "top.Insert"(%arg0, %arg1) {axis = 1 : i64, offset = 3 : i64} : (tensor<1x8x16x16xf32>, tensor<1x2x16x16xf32>) -> tensor<*xf32>
    // SHAPE: "top.Insert"{{.*}} -> tensor<1x8x16x16xf32>
    %0 = "top.Insert"(%arg0, %arg1) {axis = 1 : i64, offset = 3 : i64} : (tensor<1x8x16x16xf32>, tensor<1x2x16x16xf32>) -> tensor<*xf32> loc("insert")
    return %0 : tensor<*xf32>
  }
}
