// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Cast attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8x!quant.calibrated<f32<-1.500000e+00:1.500000e+00>>>) -> tensor<*xf32> {
    // CHECK: "top.Cast"(%arg0) {round_mode = "HalfAwayFromZero", to = ""} : (tensor<1x16x8x8x!quant.calibrated<f32<-1.500000e+00:1.500000e+00>>>) -> tensor<*xf32>
    // SHAPE: "top.Cast"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.Cast"(%arg0) {round_mode = "HalfAwayFromZero", to = ""} : (tensor<1x16x8x8x!quant.calibrated<f32<-1.500000e+00:1.500000e+00>>>) -> tensor<*xf32> loc("cast")
    return %0 : tensor<*xf32>
  }
}
