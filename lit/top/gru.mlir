// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @GRU attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<75x2x128xf32>, %arg1: tensor<2x192x128xf32>, %arg2: tensor<2x192x64xf32>, %arg3: tensor<2x384xf32>, %arg4: tensor<2x2x64xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.GRU"(%arg0, %arg1, %arg2, %arg3, %arg4) {batch_first = false, bidirectional = true, hidden_size = 64 : i64, linear_before_reset = true} : (tensor<75x2x128xf32>, tensor<2x192x128xf32>, tensor<2x192x64xf32>, tensor<2x384xf32>, tensor<2x2x64xf32>) -> (tensor<*xf32>, tensor<*xf32>)
    // SHAPE: "top.GRU"{{.*}} -> (tensor<75x2x2x64xf32>, tensor<2x2x64xf32>)
    %0:2 = "top.GRU"(%arg0, %arg1, %arg2, %arg3, %arg4) {batch_first = false, bidirectional = true, hidden_size = 64 : i64, linear_before_reset = true} : (tensor<75x2x128xf32>, tensor<2x192x128xf32>, tensor<2x192x64xf32>, tensor<2x384xf32>, tensor<2x2x64xf32>) -> (tensor<*xf32>, tensor<*xf32>) loc("gru")
    return %0#0, %0#1 : tensor<*xf32>, tensor<*xf32>
  }
}
