// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Compare attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x1x27xf32>, %arg1: tensor<1x3x27x1xf32>, %arg2: tensor<1x3x1x27x!quant.uniform<i8:f32, 0.022191249554551495>>, %arg3: tensor<1x3x27x1x!quant.uniform<i8:f32, 0.022191249554551495>>) -> (tensor<1x3x27x27xf32>, tensor<1x3x27x27x!quant.uniform<u8<0:1>:f32, 1.000000e+00>>) {
    // CHECK: "tpu.Compare"(%arg0, %arg1) {mode = "Less"} : (tensor<1x3x1x27xf32>, tensor<1x3x27x1xf32>) -> tensor<1x3x27x27xf32>
    %0 = "tpu.Compare"(%arg0, %arg1) {mode = "Less"} : (tensor<1x3x1x27xf32>, tensor<1x3x27x1xf32>) -> tensor<1x3x27x27xf32> loc("output_Less")
    // CHECK: "tpu.Compare"(%arg2, %arg3) {mode = "Less"} : (tensor<1x3x1x27x!quant.uniform<i8:f32, 0.022191249554551495>>, tensor<1x3x27x1x!quant.uniform<i8:f32, 0.022191249554551495>>) -> tensor<1x3x27x27x!quant.uniform<u8<0:1>:f32, 1.000000e+00>>
    %1 = "tpu.Compare"(%arg2, %arg3) {mode = "Less"} : (tensor<1x3x1x27x!quant.uniform<i8:f32, 0.022191249554551495>>, tensor<1x3x27x1x!quant.uniform<i8:f32, 0.022191249554551495>>) -> tensor<1x3x27x27x!quant.uniform<u8<0:1>:f32, 1.000000e+00>> loc("output_Less")
    return %0, %1 : tensor<1x3x27x27xf32>, tensor<1x3x27x27x!quant.uniform<u8<0:1>:f32, 1.000000e+00>>
  }
}
