// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @LRN attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x10x27x27xf32>) -> tensor<4x10x27x27xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.LRN"(%arg0, %0, %0) {alpha = 1.000000e-04 : f64, beta = 7.500000e-01 : f64, bias = 1.000000e+00 : f64, size = 5 : i64} : (tensor<4x10x27x27xf32>, none, none) -> tensor<4x10x27x27xf32>
    %1 = "tpu.LRN"(%arg0, %0, %0) {alpha = 1.000000e-04 : f64, beta = 7.500000e-01 : f64, bias = 1.000000e+00 : f64, size = 5 : i64} : (tensor<4x10x27x27xf32>, none, none) -> tensor<4x10x27x27xf32> loc("output_LRN")
    return %1 : tensor<4x10x27x27xf32>
  }
}
