// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Trilu attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.Trilu"(%arg0) {diagonal = 0 : si32, upper = 1 : si32} : (tensor<4x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.Trilu"{{.*}} -> tensor<4x8x8xf32>
    %0 = "top.Trilu"(%arg0) {diagonal = 0 : si32, upper = 1 : si32} : (tensor<4x8x8xf32>) -> tensor<*xf32> loc("trilu")
    return %0 : tensor<*xf32>
  }
}
