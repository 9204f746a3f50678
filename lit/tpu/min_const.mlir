// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @MinConst attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<10x2xf32>) -> tensor<10x2xf32> {
    // CHECK: "tpu.MinConst"(%arg0) {const_val = 6.000000e+00 : f64, do_relu = false, multiplier = 1 : si32, relu_limit = -1.000000e+00 : f64, rshift = 0 : si32} : (tensor<10x2xf32>) -> tensor<10x2xf32>
    %0 = "tpu.MinConst"(%arg0) {const_val = 6.000000e+00 : f64, do_relu = false, multiplier = 1 : si32, relu_limit = -1.000000e+00 : f64, rshift = 0 : si32} : (tensor<10x2xf32>) -> tensor<10x2xf32> loc("1_HardSwish_min")
    return %0 : tensor<10x2xf32>
  }
}
