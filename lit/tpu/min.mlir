// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Min attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<5x11x1x27xf32>, %arg1: tensor<5x11x23x27xf32>, %arg2: tensor<5x11x1x27x!quant.uniform<i8:f32, 0.034976786590936615>>, %arg3: tensor<5x11x23x27x!quant.uniform<i8:f32, 0.034976786590936615>>) -> (tensor<5x11x23x27xf32>, tensor<5x11x23x27x!quant.uniform<i8:f32, 0.034839622721952547:-1>>) {
    // CHECK: "tpu.Min"(%arg0, %arg1) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<5x11x1x27xf32>, tensor<5x11x23x27xf32>) -> tensor<5x11x23x27xf32>
    %0 = "tpu.Min"(%arg0, %arg1) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<5x11x1x27xf32>, tensor<5x11x23x27xf32>) -> tensor<5x11x23x27xf32> loc("x_Min")
    // CHECK: "tpu.Min"(%arg2, %arg3) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<5x11x1x27x!quant.uniform<i8:f32, 0.034976786590936615>>, tensor<5x11x23x27x!quant.uniform<i8:f32, 0.034976786590936615>>) -> tensor<5x11x23x27x!quant.uniform<i8:f32, 0.034839622721952547:-1>>
    %1 = "tpu.Min"(%arg2, %arg3) {do_relu = false, relu_limit = -1.000000e+00 : f64} : (tensor<5x11x1x27x!quant.uniform<i8:f32, 0.034976786590936615>>, tensor<5x11x23x27x!quant.uniform<i8:f32, 0.034976786590936615>>) -> tensor<5x11x23x27x!quant.uniform<i8:f32, 0.034839622721952547:-1>> loc("x_Min")
    return %0, %1 : tensor<5x11x23x27xf32>, tensor<5x11x23x27x!quant.uniform<i8:f32, 0.034839622721952547:-1>>
  }
}
