// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Depth2Space attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x32x108x192xf32>, %arg1: tensor<1x108x192x32xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.Depth2Space"(%arg0) {block_h = 2 : i64, block_w = 2 : i64, in_is_NCHW = true, is_CRD = false, is_inversed = false, out_is_NCHW = true, swap_cr = false} : (tensor<1x32x108x192xf32>) -> tensor<*xf32>
    // SHAPE: "top.Depth2Space"{{.*}} -> tensor<1x8x216x384xf32>
    %0 = "top.Depth2Space"(%arg0) {block_h = 2 : i64, block_w = 2 : i64, in_is_NCHW = true, is_CRD = false, is_inversed = false, out_is_NCHW = true, swap_cr = false} : (tensor<1x32x108x192xf32>) -> tensor<*xf32> loc("output_DepthToSpace")
    // CHECK: "top.Depth2Space"(%arg1) {block_h = 2 : i64, block_w = 2 : i64, in_is_NCHW = false, is_CRD = false, is_inversed = false, out_is_NCHW = true, swap_cr = false} : (tensor<1x108x192x32xf32>) -> tensor<*xf32>
    // SHAPE: "top.Depth2Space"{{.*}} -> tensor<1x8x216x384xf32>
    %1 = "top.Depth2Space"(%arg1) {block_h = 2 : i64, block_w = 2 : i64, in_is_NCHW = false, is_CRD = false, is_inversed = false, out_is_NCHW = true, swap_cr = false} : (tensor<1x108x192x32xf32>) -> tensor<*xf32> loc("depth2space_output_DepthToSpace")
    return %0, %1 : tensor<*xf32>, tensor<*xf32>
  }
}
