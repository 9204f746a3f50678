// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Unpack attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<2x3x8xf32>) -> (tensor<*xf32>, tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.Unpack"(%arg0) {axis = 1 : si32} : (tensor<2x3x8xf32>) -> (tensor<*xf32>, tensor<*xf32>, tensor<*xf32>)
    // SHAPE: "top.Unpack"{{.*}} -> (tensor<2x8xf32>, tensor<2x8xf32>, tensor<2x8xf32>)
    %0:3 = "top.Unpack"(%arg0) {axis = 1 : si32} : (tensor<2x3x8xf32>) -> (tensor<*xf32>, tensor<*xf32>, tensor<*xf32>) loc("unpack")
    return %0#0, %0#1, %0#2 : tensor<*xf32>, tensor<*xf32>, tensor<*xf32>
  }
}
