// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Transpose attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.Transpose"(%arg0) {dim0 = 1 : si32, dim1 = 2 : si32} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.Transpose"{{.*}} -> tensor<1x8x16x8xf32>
    %0 = "top.Transpose"(%arg0) {dim0 = 1 : si32, dim1 = 2 : si32} : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("transpose")
    return %0 : tensor<*xf32>
  }
}
