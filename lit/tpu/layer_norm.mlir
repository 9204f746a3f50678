// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @LayerNorm attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x32x768xf32>, %arg1: tensor<768xf32>, %arg2: tensor<768xf32>) -> tensor<1x32x768xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.LayerNorm"(%arg0, %arg1, %arg2, %0, %0) {axis = 2 : si32, eps = 1.000000e-05 : f64, normalized_shape = []} : (tensor<1x32x768xf32>, tensor<768xf32>, tensor<768xf32>, none, none) -> tensor<1x32x768xf32>
    %1 = "tpu.LayerNorm"(%arg0, %arg1, %arg2, %0, %0) {axis = 2 : si32, eps = 1.000000e-05 : f64, normalized_shape = []} : (tensor<1x32x768xf32>, tensor<768xf32>, tensor<768xf32>, none, none) -> tensor<1x32x768xf32> loc("layernorm")
    return %1 : tensor<1x32x768xf32>
  }
}
