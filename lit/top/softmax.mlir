// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Softmax attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<6x20xf32>, %arg1: tensor<3x100x32xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.Softmax"(%arg0) {axis = 1 : si32, beta = 1.000000e+00 : f64, log = false, round_mode = "HalfAwayFromZero"} : (tensor<6x20xf32>) -> tensor<*xf32>
    // SHAPE: "top.Softmax"{{.*}} -> tensor<6x20xf32>
    %0 = "top.Softmax"(%arg0) {axis = 1 : si32, beta = 1.000000e+00 : f64, log = false, round_mode = "HalfAwayFromZero"} : (tensor<6x20xf32>) -> tensor<*xf32> loc("output_Softmax")
    // CHECK: "top.Softmax"(%arg1) {axis = 2 : si32, beta = 1.000000e+00 : f64, log = true, round_mode = "HalfAwayFromZero"} : (tensor<3x100x32xf32>) -> tensor<*xf32>
    // SHAPE: "top.Softmax"{{.*}} -> tensor<3x100x32xf32>
    %1 = "top.Softmax"(%arg1) {axis = 2 : si32, beta = 1.000000e+00 : f64, log = true, round_mode = "HalfAwayFromZero"} : (tensor<3x100x32xf32>) -> tensor<*xf32> loc("output_LogSoftmax")
    return %0, %1 : tensor<*xf32>, tensor<*xf32>
  }
}
