// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Nms attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x100x4xf32>, %arg1: tensor<1x20x100xf32>, %arg2: tensor<1xf32>, %arg3: tensor<1xf32>, %arg4: tensor<1xf32>) -> tensor<200x3xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.Nms"(%arg0, %arg1, %arg2, %arg3, %arg4, %0) {center_point_box = 0 : i64, max_output_size = 10 : i64} : (tensor<1x100x4xf32>, tensor<1x20x100xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, none) -> tensor<200x3xf32>
    %1 = "tpu.Nms"(%arg0, %arg1, %arg2, %arg3, %arg4, %0) {center_point_box = 0 : i64, max_output_size = 10 : i64} : (tensor<1x100x4xf32>, tensor<1x20x100xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, none) -> tensor<200x3xf32> loc("nms")
    return %1 : tensor<200x3xf32>
  }
}
