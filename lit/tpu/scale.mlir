// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Scale attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<20x6x10x10xf32>, %arg1: tensor<1x6xf32>, %arg2: tensor<1x6xf32>, %arg3: tensor<20x6x10x10x!quant.uniform<i8:f32, 0.034252638028362606>>, %arg4: tensor<1x6xi8>, %arg5: tensor<1x6xsi16>, %arg6: tensor<1x6xi8>) -> (tensor<20x6x10x10xf32>, tensor<20x6x10x10x!quant.uniform<i8:f32, 7.7175516664512516E-4>>) {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.Scale"(%arg0, %arg1, %arg2, %0) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<20x6x10x10xf32>, tensor<1x6xf32>, tensor<1x6xf32>, none) -> tensor<20x6x10x10xf32>
    %1 = "tpu.Scale"(%arg0, %arg1, %arg2, %0) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<20x6x10x10xf32>, tensor<1x6xf32>, tensor<1x6xf32>, none) -> tensor<20x6x10x10xf32> loc("15_Add")
    // CHECK: "tpu.Scale"(%arg3, %arg4, %arg5, %arg6) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<20x6x10x10x!quant.uniform<i8:f32, 0.034252638028362606>>, tensor<1x6xi8>, tensor<1x6xsi16>, tensor<1x6xi8>) -> tensor<20x6x10x10x!quant.uniform<i8:f32, 7.7175516664512516E-4>>
    %2 = "tpu.Scale"(%arg3, %arg4, %arg5, %arg6) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<20x6x10x10x!quant.uniform<i8:f32, 0.034252638028362606>>, tensor<1x6xi8>, tensor<1x6xsi16>, tensor<1x6xi8>) -> tensor<20x6x10x10x!quant.uniform<i8:f32, 7.7175516664512516E-4>> loc("15_Add")
    return %1, %2 : tensor<20x6x10x10xf32>, tensor<20x6x10x10x!quant.uniform<i8:f32, 7.7175516664512516E-4>>
  }
}
