// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @LayerNorm attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x32x25x25xf32>, %arg1: tensor<1x1x25x25xf32>) -> tensor<*xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "top.LayerNorm"(%arg0, %0, %arg1) {axis = 2 : si32, eps = 9.9999997473787516E-6 : f64, normalized_shape = [25, 25]} : (tensor<4x32x25x25xf32>, none, tensor<1x1x25x25xf32>) -> tensor<*xf32>
    // SHAPE: "top.LayerNorm"{{.*}} -> tensor<4x32x25x25xf32>
    %1 = "top.LayerNorm"(%arg0, %0, %arg1) {axis = 2 : si32, eps = 9.9999997473787516E-6 : f64, normalized_shape = [25, 25]} : (tensor<4x32x25x25xf32>, none, tensor<1x1x25x25xf32>) -> tensor<*xf32> loc("/layer_norm/Add_1_output_0_LayerNormalization")
    return %1 : tensor<*xf32>
  }
}
