// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @GatherND attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<2x3x4xf32>, %arg1: tensor<2x5x2xf32>) -> tensor<2x5x4xf32> {
    // CHECK: "tpu.GatherND"(%arg0, %arg1) {batch_dims = 0 : i64} : (tensor<2x3x4xf32>, tensor<2x5x2xf32>) -> tensor<2x5x4xf32>
    %0 = "tpu.GatherND"(%arg0, %arg1) {batch_dims = 0 : i64} : (tensor<2x3x4xf32>, tensor<2x5x2xf32>) -> tensor<2x5x4xf32> loc("gathernd")
    return %0 : tensor<2x5x4xf32>
  }
}
