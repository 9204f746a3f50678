// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Device2Host attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
    // CHECK: "tpu.Device2Host"(%arg0) : (tensor<4xf32>) -> tensor<4xf32>
    %0 = "tpu.Device2Host"(%arg0) : (tensor<4xf32>) -> tensor<4xf32> loc("device2host")
    return %0 : tensor<4xf32>
  }
}
