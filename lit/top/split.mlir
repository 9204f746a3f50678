// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Split attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<6x116x64x64xf32>, %arg1: tensor<6x116x64x64xf32>) -> (tensor<*xf32>, tensor<*xf32>, tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.Split"(%arg0) {axis = 0 : si32, num = 2 : i64} : (tensor<6x116x64x64xf32>) -> (tensor<*xf32>, tensor<*xf32>)
    // SHAPE: "top.Split"{{.*}} -> (tensor<3x116x64x64xf32>, tensor<3x116x64x64xf32>)
    %0:2 = "top.Split"(%arg0) {axis = 0 : si32, num = 2 : i64} : (tensor<6x116x64x64xf32>) -> (tensor<*xf32>, tensor<*xf32>) loc("x")
    // CHECK: "top.Split"(%arg1) {axis = 0 : si32, num = 2 : i64, split_size = [3, 3]} : (tensor<6x116x64x64xf32>) -> (tensor<*xf32>, tensor<*xf32>)
    // SHAPE: "top.Split"{{.*}} -> (tensor<3x116x64x64xf32>, tensor<3x116x64x64xf32>)
    %1:2 = "top.Split"(%arg1) {axis = 0 : si32, num = 2 : i64, split_size = [3, 3]} : (tensor<6x116x64x64xf32>) -> (tensor<*xf32>, tensor<*xf32>) loc("x")
    return %0#0, %0#1, %1#0, %1#1 : tensor<*xf32>, tensor<*xf32>, tensor<*xf32>, tensor<*xf32>
  }
}
