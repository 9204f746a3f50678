// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Permute attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<48x2x484xf32>, %arg1: tensor<1x6x4x5xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.Permute"(%arg0) {order = [1, 0, 2]} : (tensor<48x2x484xf32>) -> tensor<*xf32>
    // SHAPE: "top.Permute"{{.*}} -> tensor<2x48x484xf32>
    %0 = "top.Permute"(%arg0) {order = [1, 0, 2]} : (tensor<48x2x484xf32>) -> tensor<*xf32> loc("onnx::Reshape_509_Transpose")
    // CHECK: "top.Permute"(%arg1) {order = [0, 2, 3, 1]} : (tensor<1x6x4x5xf32>) -> tensor<*xf32>
    // SHAPE: "top.Permute"{{.*}} -> tensor<1x4x5x6xf32>
    %1 = "top.Permute"(%arg1) {order = [0, 2, 3, 1]} : (tensor<1x6x4x5xf32>) -> tensor<*xf32> loc("436_Transpose")
    return %0, %1 : tensor<*xf32>, tensor<*xf32>
  }
}
