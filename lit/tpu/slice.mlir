// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Slice attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<3xf32>, %arg1: tensor<3x!quant.uniform<i8:f32, 0.0082795574252061029>>) -> (tensor<1xf32>, tensor<1x!quant.uniform<i8:f32, 0.0082795574252061029>>) {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.Slice"(%arg0, %0, %0, %0, %0) {axes = [], ends = [2], hasparamConvert_axes = [0], offset = [1], steps = [1]} : (tensor<3xf32>, none, none, none, none) -> tensor<1xf32>
    %1 = "tpu.Slice"(%arg0, %0, %0, %0, %0) {axes = [], ends = [2], hasparamConvert_axes = [0], offset = [1], steps = [1]} : (tensor<3xf32>, none, none, none, none) -> tensor<1xf32> loc("4_Unsqueeze")
    // CHECK: "tpu.Slice"(%arg1, %0, %0, %0, %0) {axes = [], ends = [2], hasparamConvert_axes = [0], offset = [1], steps = [1]} : (tensor<3x!quant.uniform<i8:f32, 0.0082795574252061029>>, none, none, none, none) -> tensor<1x!quant.uniform<i8:f32, 0.0082795574252061029>>
    %2 = "tpu.Slice"(%arg1, %0, %0, %0, %0) {axes = [], ends = [2], hasparamConvert_axes = [0], offset = [1], steps = [1]} : (tensor<3x!quant.uniform<i8:f32, 0.0082795574252061029>>, none, none, none, none) -> tensor<1x!quant.uniform<i8:f32, 0.0082795574252061029>> loc("4_Unsqueeze")
    return %1, %2 : tensor<1xf32>, tensor<1x!quant.uniform<i8:f32, 0.0082795574252061029>>
  }
}
