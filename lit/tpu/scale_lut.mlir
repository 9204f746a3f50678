// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @ScaleLut attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x16x16x!quant.uniform<i8:f32, 5.000000e-02>>, %arg1: tensor<1x3x1x256xi8>) -> tensor<1x3x16x16x!quant.uniform<i8:f32, 5.000000e-02>> {
    // CHECK: "tpu.ScaleLut"(%arg0, %arg1) {bias = [0.000000e+00, 0.000000e+00, 0.000000e+00], scale = [5.000000e-01, 5.000000e-01, 5.000000e-01], sign = true} : (tensor<1x3x16x16x!quant.uniform<i8:f32, 5.000000e-02>>, tensor<1x3x1x256xi8>) -> tensor<1x3x16x16x!quant.uniform<i8:f32, 5.000000e-02>>
    %0 = "tpu.ScaleLut"(%arg0, %arg1) {bias = [0.000000e+00, 0.000000e+00, 0.000000e+00], scale = [5.000000e-01, 5.000000e-01, 5.000000e-01], sign = true} : (tensor<1x3x16x16x!quant.uniform<i8:f32, 5.000000e-02>>, tensor<1x3x1x256xi8>) -> tensor<1x3x16x16x!quant.uniform<i8:f32, 5.000000e-02>> loc("scalelut")
    return %0 : tensor<1x3x16x16x!quant.uniform<i8:f32, 5.000000e-02>>
  }
}
