// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @ConstantFill attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4xf32>) -> tensor<1x3x8x8xf32> {
    // CHECK: "top.ConstantFill"(%arg0) {value = 1.000000e+00 : f64} : (tensor<4xf32>) -> tensor<1x3x8x8xf32>
    // SHAPE: "top.ConstantFill"{{.*}} -> tensor<1x3x8x8xf32>
    %0 = "top.ConstantFill"(%arg0) {value = 1.000000e+00 : f64} : (tensor<4xf32>) -> tensor<1x3x8x8xf32> loc("constantfill")
    return %0 : tensor<1x3x8x8xf32>
  }
}
