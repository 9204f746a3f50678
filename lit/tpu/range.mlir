// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Range attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1xf32>, %arg1: tensor<1xf32>, %arg2: tensor<1xf32>) -> tensor<10xf32> {
    // CHECK: "tpu.Range"(%arg0, %arg1, %arg2) : (tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<10xf32>
    %0 = "tpu.Range"(%arg0, %arg1, %arg2) : (tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<10xf32> loc("range")
    return %0 : tensor<10xf32>
  }
}
