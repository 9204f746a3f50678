// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Shape attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<2x3x4xf32>) -> tensor<3xi32> {
    // CHECK: "tpu.Shape"(%arg0) : (tensor<2x3x4xf32>) -> tensor<3xi32>
    %0 = "tpu.Shape"(%arg0) : (tensor<2x3x4xf32>) -> tensor<3xi32> loc("shapeinfo_Shape_0")
    return %0 : tensor<3xi32>
  }
}
