// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @GRU attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<75x2x128xf32>, %arg1: tensor<2x192x128xf32>, %arg2: tensor<2x192x64xf32>, %arg3: tensor<2x384xf32>, %arg4: tensor<2x2x64xf32>) -> (tensor<75x2x2x64xf32>, tensor<2x2x64xf32>) {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.GRU"(%arg0, %arg1, %arg2, %arg3, %arg4, %0, %0, %0, %0, %0) {batch_first = false, bidirectional = true, hidden_size = 64 : i64, linear_before_reset = true} : (tensor<75x2x128xf32>, tensor<2x192x128xf32>, tensor<2x192x64xf32>, tensor<2x384xf32>, tensor<2x2x64xf32>, none, none, none, none, none) -> (tensor<75x2x2x64xf32>, tensor<2x2x64xf32>)
    %1:2 = "tpu.GRU"(%arg0, %arg1, %arg2, %arg3, %arg4, %0, %0, %0, %0, %0) {batch_first = false, bidirectional = true, hidden_size = 64 : i64, linear_before_reset = true} : (tensor<75x2x128xf32>, tensor<2x192x128xf32>, tensor<2x192x64xf32>, tensor<2x384xf32>, tensor<2x2x64xf32>, none, none, none, none, none) -> (tensor<75x2x2x64xf32>, tensor<2x2x64xf32>) loc("gru")
    return %1#0, %1#1 : tensor<75x2x2x64xf32>, tensor<2x2x64xf32>
  }
}
