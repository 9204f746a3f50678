// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Sub attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x3x27x27xf32>, %arg1: tensor<4x3x1x27xf32>, %arg2: tensor<4x3x27x27x!quant.uniform<i8:f32, 0.033006506529380017>>, %arg3: tensor<4x3x1x27xui8>) -> (tensor<4x3x27x27xf32>, tensor<4x3x27x27x!quant.uniform<i8:f32, 0.036509506796288685>>) {
    // CHECK: "tpu.Sub"(%arg0, %arg1) {do_relu = false, is_reverse = false, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<4x3x27x27xf32>, tensor<4x3x1x27xf32>) -> tensor<4x3x27x27xf32>
    %0 = "tpu.Sub"(%arg0, %arg1) {do_relu = false, is_reverse = false, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<4x3x27x27xf32>, tensor<4x3x1x27xf32>) -> tensor<4x3x27x27xf32> loc("output_Sub")
    // CHECK: "tpu.Sub"(%arg2, %arg3) {do_relu = false, is_reverse = false, multipliers = [116, 110], relu_limit = -1.000000e+00 : f64, rshifts = [7, 10]} : (tensor<4x3x27x27x!quant.uniform<i8:f32, 0.033006506529380017>>, tensor<4x3x1x27xui8>) -> tensor<4x3x27x27x!quant.uniform<i8:f32, 0.036509506796288685>>
    %1 = "tpu.Sub"(%arg2, %arg3) {do_relu = false, is_reverse = false, multipliers = [116, 110], relu_limit = -1.000000e+00 : f64, rshifts = [7, 10]} : (tensor<4x3x27x27x!quant.uniform<i8:f32, 0.033006506529380017>>, tensor<4x3x1x27xui8>) -> tensor<4x3x27x27x!quant.uniform<i8:f32, 0.036509506796288685>> loc("output_Sub")
    return %0, %1 : tensor<4x3x27x27xf32>, tensor<4x3x27x27x!quant.uniform<i8:f32, 0.036509506796288685>>
  }
}
