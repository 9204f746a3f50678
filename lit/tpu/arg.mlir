// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Arg attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<20x40x60xf32>) -> tensor<20x1x60xi32> {
    // CHECK: "tpu.Arg"(%arg0) {axis = 1 : i64, keepdims = true, mode = "ArgMax", select_last_index = true, use_int_input = false} : (tensor<20x40x60xf32>) -> (tensor<20x1x60xi32>, none)
    %0:2 = "tpu.Arg"(%arg0) {axis = 1 : i64, keepdims = true, mode = "ArgMax", select_last_index = true, use_int_input = false} : (tensor<20x40x60xf32>) -> (tensor<20x1x60xi32>, none) loc("o_max_ArgMax")
    return %0#0 : tensor<20x1x60xi32>
  }
}
