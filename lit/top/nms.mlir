// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Nms attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x100x4xf32>, %arg1: tensor<1x20x100xf32>, %arg2: tensor<1xf32>, %arg3: tensor<1xf32>, %arg4: tensor<1xf32>) -> tensor<*xf32> {
    // CHECK: "top.Nms"(%arg0, %arg1, %arg2, %arg3, %arg4) {center_point_box = 0 : i64, max_output_size = 10 : i64} : (tensor<1x100x4xf32>, tensor<1x20x100xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<*xf32>
    // SHAPE: "top.Nms"{{.*}} -> tensor<200x3xf32>
    %0 = "top.Nms"(%arg0, %arg1, %arg2, %arg3, %arg4) {center_point_box = 0 : i64, max_output_size = 10 : i64} : (tensor<1x100x4xf32>, tensor<1x20x100xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<*xf32> loc("nms")
    return %0 : tensor<*xf32>
  }
}
