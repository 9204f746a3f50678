// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Shape attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<2x3x4xf32>) -> tensor<*xf32> {
    // CHECK: "top.Shape"(%arg0) : (tensor<2x3x4xf32>) -> tensor<*xf32>
    // SHAPE: "top.Shape"{{.*}} -> tensor<3xf32>
    %0 = "top.Shape"(%arg0) : (tensor<2x3x4xf32>) -> tensor<*xf32> loc("shapeinfo_Shape_0")
    return %0 : tensor<*xf32>
  }
}
