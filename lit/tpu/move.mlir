// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Move attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> {
    // CHECK: "tpu.Move"(%arg0) {move_dest_add = [1024], move_size = [4096], move_src_add = [0], name = "move", ts_id = 1 : i64} : (tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32>
    %0 = "tpu.Move"(%arg0) {move_dest_add = [1024], move_size = [4096], move_src_add = [0], name = "move", ts_id = 1 : i64} : (tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> loc("move")
    return %0 : tensor<1x16x8x8xf32>
  }
}
