// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Where attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.Where"(%arg0, %arg1, %0, %0) {x_const_val = 0.000000e+00 : f64, x_is_const = false, y_const_val = -1.000000e+00 : f64, y_is_const = true} : (tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>, none, none) -> tensor<1x16x8x8xf32>
    %1 = "tpu.Where"(%arg0, %arg1, %0, %0) {x_const_val = 0.000000e+00 : f64, x_is_const = false, y_const_val = -1.000000e+00 : f64, y_is_const = true} : (tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>, none, none) -> tensor<1x16x8x8xf32> loc("where")
    return %1 : tensor<1x16x8x8xf32>
  }
}
