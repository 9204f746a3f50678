// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @ScaleLut attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x16x16xf32>) -> tensor<*xf32> {
    // CHECK: "top.ScaleLut"(%arg0) {bias = [0.000000e+00, 0.000000e+00, 0.000000e+00], scale = [5.000000e-01, 5.000000e-01, 5.000000e-01], sign = true} : (tensor<1x3x16x16xf32>) -> tensor<*xf32>
    // SHAPE: "top.ScaleLut"{{.*}} -> tensor<1x3x16x16xf32>
    %0 = "top.ScaleLut"(%arg0) {bias = [0.000000e+00, 0.000000e+00, 0.000000e+00], scale = [5.000000e-01, 5.000000e-01, 5.000000e-01], sign = true} : (tensor<1x3x16x16xf32>) -> tensor<*xf32> loc("scalelut")
    return %0 : tensor<*xf32>
  }
}
