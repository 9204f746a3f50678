// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @ConstantFill attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4xf32>) -> tensor<1x3x8x8xf32> {
    // CHECK: "tpu.ConstantFill"(%arg0) {value = 1.000000e+00 : f64} : (tensor<4xf32>) -> tensor<1x3x8x8xf32>
    %0 = "tpu.ConstantFill"(%arg0) {value = 1.000000e+00 : f64} : (tensor<4xf32>) -> tensor<1x3x8x8xf32> loc("constantfill")
    return %0 : tensor<1x3x8x8xf32>
  }
}
