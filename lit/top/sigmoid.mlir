// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Sigmoid attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x1x22x22xf32>) -> tensor<*xf32> {
    // CHECK: "top.Sigmoid"(%arg0) {bias = 0.000000e+00 : f64, log = false, round_mode = "HalfAwayFromZero", scale = 1.000000e+00 : f64} : (tensor<1x1x22x22xf32>) -> tensor<*xf32>
    // SHAPE: "top.Sigmoid"{{.*}} -> tensor<1x1x22x22xf32>
    %0 = "top.Sigmoid"(%arg0) {bias = 0.000000e+00 : f64, log = false, round_mode = "HalfAwayFromZero", scale = 1.000000e+00 : f64} : (tensor<1x1x22x22xf32>) -> tensor<*xf32> loc("onnx::Concat_744_Sigmoid")
    return %0 : tensor<*xf32>
  }
}
