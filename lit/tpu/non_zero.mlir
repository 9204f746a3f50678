// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @NonZero attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x8xf32>) -> tensor<2x32xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.NonZero"(%arg0, %0) {order = "RowMajor"} : (tensor<4x8xf32>, none) -> tensor<2x32xf32>
    %1 = "tpu.NonZero"(%arg0, %0) {order = "RowMajor"} : (tensor<4x8xf32>, none) -> tensor<2x32xf32> loc("nonzero")
    return %1 : tensor<2x32xf32>
  }
}
