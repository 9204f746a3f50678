// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Copy attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.Copy"(%arg0) {input_stride = [192, 64, 16, 1], output_stride = [96, 32, 8, 1], shape = [1, 3, 4, 8]} : (tensor<1x3x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.Copy"{{.*}} -> tensor<1x3x4x8xf32>
    %0 = "top.Copy"(%arg0) {input_stride = [192, 64, 16, 1], output_stride = [96, 32, 8, 1], shape = [1, 3, 4, 8]} : (tensor<1x3x8x8xf32>) -> tensor<*xf32> loc("copy")
    return %0 : tensor<*xf32>
  }
}
