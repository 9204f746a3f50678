// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @ShuffleChannel attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>) -> tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>> {
    // CHECK: "tpu.ShuffleChannel"(%arg0) {group = 4 : i64} : (tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>) -> tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>
    %0 = "tpu.ShuffleChannel"(%arg0) {group = 4 : i64} : (tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>) -> tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>> loc("shufflechannel")
    return %0 : tensor<1x16x8x8x!quant.uniform<i8:f32, 5.000000e-02>>
  }
}
