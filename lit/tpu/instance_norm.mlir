// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @InstanceNorm attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<1x16x1x1xf32>, %arg2: tensor<1x16x1x1xf32>) -> tensor<1x16x8x8xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.InstanceNorm"(%arg0, %arg1, %arg2, %0, %0) {eps = 1.000000e-05 : f64} : (tensor<1x16x8x8xf32>, tensor<1x16x1x1xf32>, tensor<1x16x1x1xf32>, none, none) -> tensor<1x16x8x8xf32>
    %1 = "tpu.InstanceNorm"(%arg0, %arg1, %arg2, %0, %0) {eps = 1.000000e-05 : f64} : (tensor<1x16x8x8xf32>, tensor<1x16x1x1xf32>, tensor<1x16x1x1xf32>, none, none) -> tensor<1x16x8x8xf32> loc("instancenorm")
    return %1 : tensor<1x16x8x8xf32>
  }
}
