// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Upsample attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x32x32xf32>, %arg1: tensor<1x16x32x32x!quant.uniform<i8:f32, 0.033006506529380017>>) -> (tensor<1x16x64x64xf32>, tensor<1x16x64x64x!quant.uniform<i8:f32, 0.033006506529380017>>) {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.Upsample"(%arg0, %0) {do_relu = false, relu_limit = -1.000000e+00 : f64, scale_h = 2 : i64, scale_w = 2 : i64} : (tensor<1x16x32x32xf32>, none) -> tensor<1x16x64x64xf32>
    %1 = "tpu.Upsample"(%arg0, %0) {do_relu = false, relu_limit = -1.000000e+00 : f64, scale_h = 2 : i64, scale_w = 2 : i64} : (tensor<1x16x32x32xf32>, none) -> tensor<1x16x64x64xf32> loc("output_Resize")
    // CHECK: "tpu.Upsample"(%arg1, %0) {do_relu = false, relu_limit = -1.000000e+00 : f64, scale_h = 2 : i64, scale_w = 2 : i64} : (tensor<1x16x32x32x!quant.uniform<i8:f32, 0.033006506529380017>>, none) -> tensor<1x16x64x64x!quant.uniform<i8:f32, 0.033006506529380017>>
    %2 = "tpu.Upsample"(%arg1, %0) {do_relu = false, relu_limit = -1.000000e+00 : f64, scale_h = 2 : i64, scale_w = 2 : i64} : (tensor<1x16x32x32x!quant.uniform<i8:f32, 0.033006506529380017>>, none) -> tensor<1x16x64x64x!quant.uniform<i8:f32, 0.033006506529380017>> loc("output_Resize")
    return %1, %2 : tensor<1x16x64x64xf32>, tensor<1x16x64x64x!quant.uniform<i8:f32, 0.033006506529380017>>
  }
}
