// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Max attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x85x32x8xf32>, %arg1: tensor<1x85x32x8xf32>, %arg2: tensor<1x85x32x8x!quant.uniform<i8:f32, 0.033267474249591977>>, %arg3: tensor<1x85x32x8x!quant.uniform<i8:f32, 0.033267474249591977>>) -> (tensor<1x85x32x8xf32>, tensor<1x85x32x8x!quant.uniform<i8:f32, 0.033137013566260247:-1>>) {
    // CHECK: "tpu.Max"(%arg0, %arg1) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x85x32x8xf32>, tensor<1x85x32x8xf32>) -> tensor<1x85x32x8xf32>
    %0 = "tpu.Max"(%arg0, %arg1) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x85x32x8xf32>, tensor<1x85x32x8xf32>) -> tensor<1x85x32x8xf32> loc("output_Max")
    // CHECK: "tpu.Max"(%arg2, %arg3) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x85x32x8x!quant.uniform<i8:f32, 0.033267474249591977>>, tensor<1x85x32x8x!quant.uniform<i8:f32, 0.033267474249591977>>) -> tensor<1x85x32x8x!quant.uniform<i8:f32, 0.033137013566260247:-1>>
    %1 = "tpu.Max"(%arg2, %arg3) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x85x32x8x!quant.uniform<i8:f32, 0.033267474249591977>>, tensor<1x85x32x8x!quant.uniform<i8:f32, 0.033267474249591977>>) -> tensor<1x85x32x8x!quant.uniform<i8:f32, 0.033137013566260247:-1>> loc("output_Max")
    return %0, %1 : tensor<1x85x32x8xf32>, tensor<1x85x32x8x!quant.uniform<i8:f32, 0.033137013566260247:-1>>
  }
}
