// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @StridedSlice attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x16xf32>, %arg1: tensor<2xf32>, %arg2: tensor<2xf32>, %arg3: tensor<2xf32>) -> tensor<4x8xf32> {
    // CHECK: "top.StridedSlice"(%arg0, %arg1, %arg2, %arg3) {begin_mask = 0 : i64, ellipsis_mask = 0 : i64, end_mask = 0 : i64, new_axis_mask = 0 : i64, shrink_axis_mask = 0 : i64} : (tensor<4x16xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<4x8xf32>
    // SHAPE: "top.StridedSlice"{{.*}} -> tensor<4x8xf32>
    %0 = "top.StridedSlice"(%arg0, %arg1, %arg2, %arg3) {begin_mask = 0 : i64, ellipsis_mask = 0 : i64, end_mask = 0 : i64, new_axis_mask = 0 : i64, shrink_axis_mask = 0 : i64} : (tensor<4x16xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<4x8xf32> loc("stridedslice")
    return %0 : tensor<4x8xf32>
  }
}
