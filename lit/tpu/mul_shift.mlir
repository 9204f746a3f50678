// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @MulShift attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x600x2x!quant.uniform<i8:f32, 0.032592503149606301>>) -> tensor<1x600x2x!quant.uniform<i8:f32, 0.032591346456692913>> {
    // CHECK: "tpu.MulShift"(%arg0) {multiplier = 1 : si32, rshift = 0 : si32} : (tensor<1x600x2x!quant.uniform<i8:f32, 0.032592503149606301>>) -> tensor<1x600x2x!quant.uniform<i8:f32, 0.032591346456692913>>
    %0 = "tpu.MulShift"(%arg0) {multiplier = 1 : si32, rshift = 0 : si32} : (tensor<1x600x2x!quant.uniform<i8:f32, 0.032592503149606301>>) -> tensor<1x600x2x!quant.uniform<i8:f32, 0.032591346456692913>> loc("374_Reshape_to_459_Concat")
    return %0 : tensor<1x600x2x!quant.uniform<i8:f32, 0.032591346456692913>>
  }
}
