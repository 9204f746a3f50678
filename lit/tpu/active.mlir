// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Active attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x32x32xf32>) -> tensor<1x3x32x32xf32> {
    // CHECK: "tpu.Active"(%arg0) {mode = #tpu<active_mode LN>} : (tensor<1x3x32x32xf32>) -> tensor<1x3x32x32xf32>
    %0 = "tpu.Active"(%arg0) {mode = #tpu<active_mode LN>} : (tensor<1x3x32x32xf32>) -> tensor<1x3x32x32xf32> loc("output_Log")
    return %0 : tensor<1x3x32x32xf32>
  }
}
