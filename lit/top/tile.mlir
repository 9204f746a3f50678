// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Tile attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x1x16xf32>, %arg1: tensor<1x4x6x8xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.Tile"(%arg0) {tile = [4, 16, 1]} : (tensor<1x1x16xf32>) -> tensor<*xf32>
    // SHAPE: "top.Tile"{{.*}} -> tensor<4x16x16xf32>
    %0 = "top.Tile"(%arg0) {tile = [4, 16, 1]} : (tensor<1x1x16xf32>) -> tensor<*xf32> loc("output_Expand")
    // CHECK: "top.Tile"(%arg1) {tile = [1, 6, 4, 2]} : (tensor<1x4x6x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.Tile"{{.*}} -> tensor<1x24x24x16xf32>
    %1 = "top.Tile"(%arg1) {tile = [1, 6, 4, 2]} : (tensor<1x4x6x8xf32>) -> tensor<*xf32> loc("output_Tile")
    return %0, %1 : tensor<*xf32>, tensor<*xf32>
  }
}
