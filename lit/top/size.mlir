// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Size attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.Size"(%arg0) {axis = 1 : si32} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.Size"{{.*}} -> tensor<1xf32>
    %0 = "top.Size"(%arg0) {axis = 1 : si32} : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("size")
    return %0 : tensor<*xf32>
  }
}
