// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Tile attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x1x16xf32>) -> tensor<4x16x16xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.Tile"(%arg0, %0) {tile = [4, 16, 1]} : (tensor<1x1x16xf32>, none) -> tensor<4x16x16xf32>
    %1 = "tpu.Tile"(%arg0, %0) {tile = [4, 16, 1]} : (tensor<1x1x16xf32>, none) -> tensor<4x16x16xf32> loc("output_Expand")
    return %1 : tensor<4x16x16xf32>
  }
}
