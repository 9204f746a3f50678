// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Tanh attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x32x32xf32>) -> tensor<*xf32> {
    // CHECK: "top.Tanh"(%arg0) {round_mode = "HalfAwayFromZero"} : (tensor<1x3x32x32xf32>) -> tensor<*xf32>
    // SHAPE: "top.Tanh"{{.*}} -> tensor<1x3x32x32xf32>
    %0 = "top.Tanh"(%arg0) {round_mode = "HalfAwayFromZero"} : (tensor<1x3x32x32xf32>) -> tensor<*xf32> loc("output_Tanh")
    return %0 : tensor<*xf32>
  }
}
