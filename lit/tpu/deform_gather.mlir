// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @DeformGather attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x14x14xf32>, %arg1: tensor<1x18x12x12xf32>, %arg2: tensor<1x9x12x12xf32>) -> tensor<1x144x12x12xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.DeformGather"(%arg0, %arg1, %arg2, %0) {deform_group = 1 : i64, dilations = [1, 1], kernel_shape = [3, 3], pads = [0, 0, 0, 0], strides = [1, 1], use_mask = true} : (tensor<1x16x14x14xf32>, tensor<1x18x12x12xf32>, tensor<1x9x12x12xf32>, none) -> tensor<1x144x12x12xf32>
    %1 = "tpu.DeformGather"(%arg0, %arg1, %arg2, %0) {deform_group = 1 : i64, dilations = [1, 1], kernel_shape = [3, 3], pads = [0, 0, 0, 0], strides = [1, 1], use_mask = true} : (tensor<1x16x14x14xf32>, tensor<1x18x12x12xf32>, tensor<1x9x12x12xf32>, none) -> tensor<1x144x12x12xf32> loc("deformgather")
    return %1 : tensor<1x144x12x12xf32>
  }
}
