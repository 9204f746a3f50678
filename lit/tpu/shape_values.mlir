// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @shape_values attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4xsi32>, %arg1: tensor<4xsi32>, %arg2: tensor<1x16x8x8xf32>, %arg3: tensor<4xsi32>, %arg4: tensor<4xsi32>, %arg5: tensor<4xsi32>, %arg6: tensor<1xsi32>, %arg7: tensor<1xsi32>, %arg8: tensor<4xsi32>, %arg9: tensor<4xsi32>, %arg10: tensor<4xsi32>, %arg11: tensor<4xsi32>, %arg12: tensor<4xsi32>, %arg13: tensor<1xsi32>, %arg14: tensor<1xsi32>, %arg15: tensor<1x4xsi32>, %arg16: tensor<4xsi32>, %arg17: tensor<2x4xsi32>, %arg18: tensor<4xsi32>) -> (tensor<4xsi32>, tensor<1x16x8x8xf32>, tensor<4xf32>, tensor<4xsi32>, tensor<2xsi32>, tensor<4xsi32>, tensor<1xsi32>, tensor<1x4xsi32>, tensor<4xsi32>, tensor<4xsi32>, tensor<4xsi32>, tensor<8xsi32>, tensor<4x2xsi32>, tensor<1x4xsi32>) {
    // CHECK: "tpu.ShapeArith"(%arg0, %arg1) {type = "Add"} : (tensor<4xsi32>, tensor<4xsi32>) -> tensor<4xsi32>
    %0 = "tpu.ShapeArith"(%arg0, %arg1) {type = "Add"} : (tensor<4xsi32>, tensor<4xsi32>) -> tensor<4xsi32> loc("shapearith")
    // CHECK: "tpu.ShapeAssign"(%arg2, %arg3) : (tensor<1x16x8x8xf32>, tensor<4xsi32>) -> tensor<1x16x8x8xf32>
    %1 = "tpu.ShapeAssign"(%arg2, %arg3) : (tensor<1x16x8x8xf32>, tensor<4xsi32>) -> tensor<1x16x8x8xf32> loc("shapeassign")
    // CHECK: "tpu.ShapeCast"(%arg4) : (tensor<4xsi32>) -> tensor<4xf32>
    %2 = "tpu.ShapeCast"(%arg4) : (tensor<4xsi32>) -> tensor<4xf32> loc("shapecast")
    // CHECK: "tpu.ShapeClip"(%arg5) {max = 2.240000e+02 : f32, min = 0.000000e+00 : f32} : (tensor<4xsi32>) -> tensor<4xsi32>
    %3 = "tpu.ShapeClip"(%arg5) {max = 2.240000e+02 : f32, min = 0.000000e+00 : f32} : (tensor<4xsi32>) -> tensor<4xsi32> loc("shapeclip")
    // CHECK: "tpu.ShapePack"(%arg6, %arg7) {axis = 0 : si32} : (tensor<1xsi32>, tensor<1xsi32>) -> tensor<2xsi32>
    %4 = "tpu.ShapePack"(%arg6, %arg7) {axis = 0 : si32} : (tensor<1xsi32>, tensor<1xsi32>) -> tensor<2xsi32> loc("shapepack")
    // CHECK: "tpu.ShapePow"(%arg8) {exponent = 2.000000e+00 : f32} : (tensor<4xsi32>) -> tensor<4xsi32>
    %5 = "tpu.ShapePow"(%arg8) {exponent = 2.000000e+00 : f32} : (tensor<4xsi32>) -> tensor<4xsi32> loc("shapepow")
    // CHECK: "tpu.ShapeReduce"(%arg9) {axes = [0], keepdims = true, mode = "ReduceProd", scale = 1.000000e+00 : f64} : (tensor<4xsi32>) -> tensor<1xsi32>
    %6 = "tpu.ShapeReduce"(%arg9) {axes = [0], keepdims = true, mode = "ReduceProd", scale = 1.000000e+00 : f64} : (tensor<4xsi32>) -> tensor<1xsi32> loc("shapereduce")
    // CHECK: "tpu.ShapeReshape"(%arg10) {shape = [1, 4]} : (tensor<4xsi32>) -> tensor<1x4xsi32>
    %7 = "tpu.ShapeReshape"(%arg10) {shape = [1, 4]} : (tensor<4xsi32>) -> tensor<1x4xsi32> loc("shapereshape")
    // CHECK: "tpu.ShapeReverse"(%arg11) {axis = 0 : i64} : (tensor<4xsi32>) -> tensor<4xsi32>
    %8 = "tpu.ShapeReverse"(%arg11) {axis = 0 : i64} : (tensor<4xsi32>) -> tensor<4xsi32> loc("shapereverse")
    // CHECK: "tpu.ShapeScatterElements"(%arg12, %arg13, %arg14) {axis = 0 : i64, nc_can_split = false, reduction = 0 : i64} : (tensor<4xsi32>, tensor<1xsi32>, tensor<1xsi32>) -> tensor<4xsi32>
    %9 = "tpu.ShapeScatterElements"(%arg12, %arg13, %arg14) {axis = 0 : i64, nc_can_split = false, reduction = 0 : i64} : (tensor<4xsi32>, tensor<1xsi32>, tensor<1xsi32>) -> tensor<4xsi32> loc("shapescatterelements")
    // CHECK: "tpu.ShapeSqueeze"(%arg15) {axes = [0]} : (tensor<1x4xsi32>) -> tensor<4xsi32>
    %10 = "tpu.ShapeSqueeze"(%arg15) {axes = [0]} : (tensor<1x4xsi32>) -> tensor<4xsi32> loc("shapesqueeze")
    // CHECK: "tpu.ShapeTile"(%arg16) {tile = [2]} : (tensor<4xsi32>) -> tensor<8xsi32>
    %11 = "tpu.ShapeTile"(%arg16) {tile = [2]} : (tensor<4xsi32>) -> tensor<8xsi32> loc("shapetile")
    // CHECK: "tpu.ShapeTranspose"(%arg17) {order = [1, 0]} : (tensor<2x4xsi32>) -> tensor<4x2xsi32>
    %12 = "tpu.ShapeTranspose"(%arg17) {order = [1, 0]} : (tensor<2x4xsi32>) -> tensor<4x2xsi32> loc("shapetranspose")
    // CHECK: "tpu.ShapeUnsqueeze"(%arg18) {axes = [0]} : (tensor<4xsi32>) -> tensor<1x4xsi32>
    %13 = "tpu.ShapeUnsqueeze"(%arg18) {axes = [0]} : (tensor<4xsi32>) -> tensor<1x4xsi32> loc("shapeunsqueeze")
    return %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13 : tensor<4xsi32>, tensor<1x16x8x8xf32>, tensor<4xf32>, tensor<4xsi32>, tensor<2xsi32>, tensor<4xsi32>, tensor<1xsi32>, tensor<1x4xsi32>, tensor<4xsi32>, tensor<4xsi32>, tensor<4xsi32>, tensor<8xsi32>, tensor<4x2xsi32>, tensor<1x4xsi32>
  }
}
