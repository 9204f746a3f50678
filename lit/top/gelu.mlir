// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @GELU attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x100x100xf32>) -> tensor<*xf32> {
    // CHECK: "top.GELU"(%arg0) {approx_mode = "normal", round_mode = "HalfAwayFromZero"} : (tensor<1x3x100x100xf32>) -> tensor<*xf32>
    // SHAPE: "top.GELU"{{.*}} -> tensor<1x3x100x100xf32>
    %0 = "top.GELU"(%arg0) {approx_mode = "normal", round_mode = "HalfAwayFromZero"} : (tensor<1x3x100x100xf32>) -> tensor<*xf32> loc("8_GELU")
    return %0 : tensor<*xf32>
  }
}
