// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Pad attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x8x10xf32>, %arg1: tensor<4x8x10x!quant.uniform<i8:f32, 0.023845840326444372>>) -> (tensor<4x9x11xf32>, tensor<4x9x11x!quant.uniform<i8:f32, 0.023845840326444372>>) {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.Pad"(%arg0, %0, %0, %0, %0) {mode = #tpu<Pad_Mode constant>, paddings = [0, 1, 0, 0, 0, 1], val = 0.000000e+00 : f64, with_insert_zero = false} : (tensor<4x8x10xf32>, none, none, none, none) -> tensor<4x9x11xf32>
    %1 = "tpu.Pad"(%arg0, %0, %0, %0, %0) {mode = #tpu<Pad_Mode constant>, paddings = [0, 1, 0, 0, 0, 1], val = 0.000000e+00 : f64, with_insert_zero = false} : (tensor<4x8x10xf32>, none, none, none, none) -> tensor<4x9x11xf32> loc("output_Pad")
    // CHECK: "tpu.Pad"(%arg1, %0, %0, %0, %0) {mode = #tpu<Pad_Mode constant>, paddings = [0, 1, 0, 0, 0, 1], val = 0.000000e+00 : f64, with_insert_zero = false} : (tensor<4x8x10x!quant.uniform<i8:f32, 0.023845840326444372>>, none, none, none, none) -> tensor<4x9x11x!quant.uniform<i8:f32, 0.023845840326444372>>
    %2 = "tpu.Pad"(%arg1, %0, %0, %0, %0) {mode = #tpu<Pad_Mode constant>, paddings = [0, 1, 0, 0, 0, 1], val = 0.000000e+00 : f64, with_insert_zero = false} : (tensor<4x8x10x!quant.uniform<i8:f32, 0.023845840326444372>>, none, none, none, none) -> tensor<4x9x11x!quant.uniform<i8:f32, 0.023845840326444372>> loc("output_Pad")
    return %1, %2 : tensor<4x9x11xf32>, tensor<4x9x11x!quant.uniform<i8:f32, 0.023845840326444372>>
  }
}
