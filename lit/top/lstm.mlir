// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @LSTM attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<75x2x128xf32>, %arg1: tensor<2x256x128xf32>, %arg2: tensor<2x256x64xf32>, %arg3: tensor<2x512xf32>, %arg4: tensor<2x2x64xf32>, %arg5: tensor<2x2x64xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    %0 = "top.None"() : () -> none
    // CHECK: "top.LSTM"(%arg0, %arg1, %arg2, %arg3, %arg4, %arg5, %0) {batch_first = false, bidirectional = true, hidden_size = 64 : i64} : (tensor<75x2x128xf32>, tensor<2x256x128xf32>, tensor<2x256x64xf32>, tensor<2x512xf32>, tensor<2x2x64xf32>, tensor<2x2x64xf32>, none) -> (none, tensor<*xf32>, tensor<*xf32>)
    // SHAPE: "top.LSTM"{{.*}} -> (none, tensor<2x2x64xf32>, tensor<2x2x64xf32>)
    %1:3 = "top.LSTM"(%arg0, %arg1, %arg2, %arg3, %arg4, %arg5, %0) {batch_first = false, bidirectional = true, hidden_size = 64 : i64} : (tensor<75x2x128xf32>, tensor<2x256x128xf32>, tensor<2x256x64xf32>, tensor<2x512xf32>, tensor<2x2x64xf32>, tensor<2x2x64xf32>, none) -> (none, tensor<*xf32>, tensor<*xf32>) loc("x")
    return %1#1, %1#2 : tensor<*xf32>, tensor<*xf32>
  }
}
