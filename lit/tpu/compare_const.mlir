// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @CompareConst attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x27x27xf32>, %arg1: tensor<1x3x27x27x!quant.uniform<i8:f32, 0.030320515670175626>>) -> (tensor<1x3x27x27xf32>, tensor<1x3x27x27x!quant.uniform<u8<0:1>:f32, 1.000000e+00>>) {
    // CHECK: "tpu.CompareConst"(%arg0) {const_val = 5.000000e-01 : f64, inversed = false, is_scalar = false, mode = "Less"} : (tensor<1x3x27x27xf32>) -> tensor<1x3x27x27xf32>
    %0 = "tpu.CompareConst"(%arg0) {const_val = 5.000000e-01 : f64, inversed = false, is_scalar = false, mode = "Less"} : (tensor<1x3x27x27xf32>) -> tensor<1x3x27x27xf32> loc("output_Less")
    // CHECK: "tpu.CompareConst"(%arg1) {const_val = 1.600000e+01 : f64, inversed = false, is_scalar = false, mode = "Less"} : (tensor<1x3x27x27x!quant.uniform<i8:f32, 0.030320515670175626>>) -> tensor<1x3x27x27x!quant.uniform<u8<0:1>:f32, 1.000000e+00>>
    %1 = "tpu.CompareConst"(%arg1) {const_val = 1.600000e+01 : f64, inversed = false, is_scalar = false, mode = "Less"} : (tensor<1x3x27x27x!quant.uniform<i8:f32, 0.030320515670175626>>) -> tensor<1x3x27x27x!quant.uniform<u8<0:1>:f32, 1.000000e+00>> loc("output_Less")
    return %0, %1 : tensor<1x3x27x27xf32>, tensor<1x3x27x27x!quant.uniform<u8<0:1>:f32, 1.000000e+00>>
  }
}
