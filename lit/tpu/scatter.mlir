// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @scatter attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<3x8xf32>, %arg1: tensor<2x8xf32>, %arg2: tensor<2x8xf32>, %arg3: tensor<4x8xf32>, %arg4: tensor<2x1xf32>, %arg5: tensor<2x8xf32>) -> (tensor<3x8xf32>, tensor<4x8xf32>) {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.ScatterElements"(%arg0, %arg1, %arg2, %0, %0) {axis = 0 : i64, nc_can_split = false, reduction = 0 : i64} : (tensor<3x8xf32>, tensor<2x8xf32>, tensor<2x8xf32>, none, none) -> tensor<3x8xf32>
    %1 = "tpu.ScatterElements"(%arg0, %arg1, %arg2, %0, %0) {axis = 0 : i64, nc_can_split = false, reduction = 0 : i64} : (tensor<3x8xf32>, tensor<2x8xf32>, tensor<2x8xf32>, none, none) -> tensor<3x8xf32> loc("scatterelements")
    // CHECK: "tpu.ScatterND"(%arg3, %arg4, %arg5, %0) {reduction = 0 : i32} : (tensor<4x8xf32>, tensor<2x1xf32>, tensor<2x8xf32>, none) -> tensor<4x8xf32>
    %2 = "tpu.ScatterND"(%arg3, %arg4, %arg5, %0) {reduction = 0 : i32} : (tensor<4x8xf32>, tensor<2x1xf32>, tensor<2x8xf32>, none) -> tensor<4x8xf32> loc("scatternd")
    return %1, %2 : tensor<3x8xf32>, tensor<4x8xf32>
  }
}
