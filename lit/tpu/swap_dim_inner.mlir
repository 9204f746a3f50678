// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @SwapDimInner attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x42x42x384xf32>, %arg1: tensor<1x42x42x384x!quant.uniform<i8:f32, 0.038937187645379012>>) -> (tensor<1x42x42x384xf32>, tensor<1x42x42x384x!quant.uniform<i8:f32, 0.038937187645379012>>) {
    // CHECK: "tpu.SwapDimInner"(%arg0) {offset = [0, 39, 0, 0]} : (tensor<1x42x42x384xf32>) -> tensor<1x42x42x384xf32>
    %0 = "tpu.SwapDimInner"(%arg0) {offset = [0, 39, 0, 0]} : (tensor<1x42x42x384xf32>) -> tensor<1x42x42x384xf32> loc("/Concat_output_0_Concat")
    // CHECK: "tpu.SwapDimInner"(%arg1) {offset = [0, 39, 0, 0]} : (tensor<1x42x42x384x!quant.uniform<i8:f32, 0.038937187645379012>>) -> tensor<1x42x42x384x!quant.uniform<i8:f32, 0.038937187645379012>>
    %1 = "tpu.SwapDimInner"(%arg1) {offset = [0, 39, 0, 0]} : (tensor<1x42x42x384x!quant.uniform<i8:f32, 0.038937187645379012>>) -> tensor<1x42x42x384x!quant.uniform<i8:f32, 0.038937187645379012>> loc("/Concat_output_0_Concat")
    return %0, %1 : tensor<1x42x42x384xf32>, tensor<1x42x42x384x!quant.uniform<i8:f32, 0.038937187645379012>>
  }
}
