// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Depth2Space attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x32x108x192xf32>, %arg1: tensor<1x32x108x192x!quant.uniform<i8:f32, 0.043405737914438323>>) -> (tensor<1x8x216x384xf32>, tensor<1x8x216x384x!quant.uniform<i8:f32, 0.043405737914438323>>) {
    // CHECK: "tpu.Depth2Space"(%arg0) {block_h = 2 : i64, block_w = 2 : i64, in_is_NCHW = true, is_CRD = false, is_inversed = false, out_is_NCHW = true, swap_cr = false} : (tensor<1x32x108x192xf32>) -> tensor<1x8x216x384xf32>
    %0 = "tpu.Depth2Space"(%arg0) {block_h = 2 : i64, block_w = 2 : i64, in_is_NCHW = true, is_CRD = false, is_inversed = false, out_is_NCHW = true, swap_cr = false} : (tensor<1x32x108x192xf32>) -> tensor<1x8x216x384xf32> loc("output_DepthToSpace")
    // CHECK: "tpu.Depth2Space"(%arg1) {block_h = 2 : i64, block_w = 2 : i64, in_is_NCHW = true, is_CRD = false, is_inversed = false, out_is_NCHW = true, swap_cr = false} : (tensor<1x32x108x192x!quant.uniform<i8:f32, 0.043405737914438323>>) -> tensor<1x8x216x384x!quant.uniform<i8:f32, 0.043405737914438323>>
    %1 = "tpu.Depth2Space"(%arg1) {block_h = 2 : i64, block_w = 2 : i64, in_is_NCHW = true, is_CRD = false, is_inversed = false, out_is_NCHW = true, swap_cr = false} : (tensor<1x32x108x192x!quant.uniform<i8:f32, 0.043405737914438323>>) -> tensor<1x8x216x384x!quant.uniform<i8:f32, 0.043405737914438323>> loc("output_DepthToSpace")
    return %0, %1 : tensor<1x8x216x384xf32>, tensor<1x8x216x384x!quant.uniform<i8:f32, 0.043405737914438323>>
  }
}
