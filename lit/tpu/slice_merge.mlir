// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @SliceMerge attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x8x8x8xf32>, %arg1: tensor<1x8x8x8xf32>) -> tensor<1x16x8x8xf32> {
    // CHECK: "tpu.SliceMerge"(%arg0, %arg1) : (tensor<1x8x8x8xf32>, tensor<1x8x8x8xf32>) -> tensor<1x16x8x8xf32>
    %0 = "tpu.SliceMerge"(%arg0, %arg1) : (tensor<1x8x8x8xf32>, tensor<1x8x8x8xf32>) -> tensor<1x16x8x8xf32> loc("slicemerge")
    return %0 : tensor<1x16x8x8xf32>
  }
}
