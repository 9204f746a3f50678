// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @MaskedFill attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.MaskedFill"(%arg0, %arg1) {const_val = -1.000000e+02 : f64, inversed = false} : (tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.MaskedFill"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.MaskedFill"(%arg0, %arg1) {const_val = -1.000000e+02 : f64, inversed = false} : (tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("maskedfill")
    return %0 : tensor<*xf32>
  }
}
