// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Copy attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x8x8xf32>) -> tensor<1x3x4x8xf32> {
    // CHECK: "tpu.Copy"(%arg0) {input_stride = [192, 64, 16, 1], output_stride = [96, 32, 8, 1], shape = [1, 3, 4, 8]} : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x8xf32>
    %0 = "tpu.Copy"(%arg0) {input_stride = [192, 64, 16, 1], output_stride = [96, 32, 8, 1], shape = [1, 3, 4, 8]} : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x8xf32> loc("copy")
    return %0 : tensor<1x3x4x8xf32>
  }
}
