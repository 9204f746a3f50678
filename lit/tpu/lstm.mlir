// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @LSTM attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<75x2x128xf32>, %arg1: tensor<2x256x128xf32>, %arg2: tensor<2x256x64xf32>, %arg3: tensor<2x512xf32>, %arg4: tensor<2x2x64xf32>, %arg5: tensor<2x2x64xf32>) -> (tensor<2x2x64xf32>, tensor<2x2x64xf32>) {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.LSTM"(%arg0, %arg1, %arg2, %arg3, %arg4, %arg5, %0, %0, %0, %0, %0, %0) {batch_first = false, bidirectional = true, hidden_size = 64 : i64} : (tensor<75x2x128xf32>, tensor<2x256x128xf32>, tensor<2x256x64xf32>, tensor<2x512xf32>, tensor<2x2x64xf32>, tensor<2x2x64xf32>, none, none, none, none, none, none) -> (none, tensor<2x2x64xf32>, tensor<2x2x64xf32>)
    %1:3 = "tpu.LSTM"(%arg0, %arg1, %arg2, %arg3, %arg4, %arg5, %0, %0, %0, %0, %0, %0) {batch_first = false, bidirectional = true, hidden_size = 64 : i64} : (tensor<75x2x128xf32>, tensor<2x256x128xf32>, tensor<2x256x64xf32>, tensor<2x512xf32>, tensor<2x2x64xf32>, tensor<2x2x64xf32>, none, none, none, none, none, none) -> (none, tensor<2x2x64xf32>, tensor<2x2x64xf32>) loc("x")
    return %1#1, %1#2 : tensor<2x2x64xf32>, tensor<2x2x64xf32>
  }
}
