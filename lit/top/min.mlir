// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Min attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<5x11x1x27xf32>, %arg1: tensor<5x11x23x27xf32>) -> tensor<*xf32> {
    // CHECK: "top.Min"(%arg0, %arg1) : (tensor<5x11x1x27xf32>, tensor<5x11x23x27xf32>) -> tensor<*xf32>
    // SHAPE: "top.Min"{{.*}} -> tensor<5x11x23x27xf32>
    %0 = "top.Min"(%arg0, %arg1) : (tensor<5x11x1x27xf32>, tensor<5x11x23x27xf32>) -> tensor<*xf32> loc("x_Min")
    return %0 : tensor<*xf32>
  }
}
