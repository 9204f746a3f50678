// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Lut attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<10x2x!quant.uniform<i8:f32, 0.017934060547295516>>, %arg1: tensor<1x1x1x256xsi32>) -> tensor<10x2x!quant.uniform<i8:f32, 0.0086507963664888398>> {
    // CHECK: "tpu.Lut"(%arg0, %arg1) : (tensor<10x2x!quant.uniform<i8:f32, 0.017934060547295516>>, tensor<1x1x1x256xsi32>) -> tensor<10x2x!quant.uniform<i8:f32, 0.0086507963664888398>>
    %0 = "tpu.Lut"(%arg0, %arg1) : (tensor<10x2x!quant.uniform<i8:f32, 0.017934060547295516>>, tensor<1x1x1x256xsi32>) -> tensor<10x2x!quant.uniform<i8:f32, 0.0086507963664888398>> loc("1_HardSwish")
    return %0 : tensor<10x2x!quant.uniform<i8:f32, 0.0086507963664888398>>
  }
}
