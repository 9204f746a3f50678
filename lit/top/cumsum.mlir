// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @CumSum attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "top.CumSum"(%arg0, %0) {axis = 1 : i64} : (tensor<1x16x8x8xf32>, none) -> tensor<*xf32>
    // SHAPE: "top.CumSum"{{.*}} -> tensor<1x16x8x8xf32>
    %1 = "top.CumSum"(%arg0, %0) {axis = 1 : i64} : (tensor<1x16x8x8xf32>, none) -> tensor<*xf32> loc("cumsum")
    return %1 : tensor<*xf32>
  }
}
