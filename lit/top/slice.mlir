// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Slice attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<3xf32>, %arg1: tensor<1x32x64x88xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    %0 = "top.None"() : () -> none
    // CHECK: "top.Slice"(%arg0, %0, %0, %0) {axes = [], ends = [2], hasparamConvert_axes = [0], offset = [1], steps = [1]} : (tensor<3xf32>, none, none, none) -> tensor<*xf32>
    // SHAPE: "top.Slice"{{.*}} -> tensor<1xf32>
    %1 = "top.Slice"(%arg0, %0, %0, %0) {axes = [], ends = [2], hasparamConvert_axes = [0], offset = [1], steps = [1]} : (tensor<3xf32>, none, none, none) -> tensor<*xf32> loc("4_Unsqueeze")
    // CHECK: "top.Slice"(%arg1, %0, %0, %0) {axes = [], ends = [1, 16, 64, 88], hasparamConvert_axes = [1], offset = [0, 0, 0, 0], steps = [1, 1, 1, 1]} : (tensor<1x32x64x88xf32>, none, none, none) -> tensor<*xf32>
    // SHAPE: "top.Slice"{{.*}} -> tensor<1x16x64x88xf32>
    %2 = "top.Slice"(%arg1, %0, %0, %0) {axes = [], ends = [1, 16, 64, 88], hasparamConvert_axes = [1], offset = [0, 0, 0, 0], steps = [1, 1, 1, 1]} : (tensor<1x32x64x88xf32>, none, none, none) -> tensor<*xf32> loc("/Slice_output_0_Slice")
    return %1, %2 : tensor<*xf32>, tensor<*xf32>
  }
}
