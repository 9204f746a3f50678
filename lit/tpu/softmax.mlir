// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Softmax attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<6x20xf32>) -> tensor<6x20xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.Softmax"(%arg0, %0, %0, %0, %0, %0) {axis = 1 : si32, beta = 1.000000e+00 : f64, log = false, round_mode = #tpu<round_mode HalfAwayFromZero>} : (tensor<6x20xf32>, none, none, none, none, none) -> tensor<6x20xf32>
    %1 = "tpu.Softmax"(%arg0, %0, %0, %0, %0, %0) {axis = 1 : si32, beta = 1.000000e+00 : f64, log = false, round_mode = #tpu<round_mode HalfAwayFromZero>} : (tensor<6x20xf32>, none, none, none, none, none) -> tensor<6x20xf32> loc("output_Softmax")
    return %1 : tensor<6x20xf32>
  }
}
