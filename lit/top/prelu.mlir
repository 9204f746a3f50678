// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @PRelu attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<2x128x100x100xf32>, %arg1: tensor<1x128x1x1xf32>) -> tensor<*xf32> {
    // CHECK: "top.PRelu"(%arg0, %arg1) : (tensor<2x128x100x100xf32>, tensor<1x128x1x1xf32>) -> tensor<*xf32>
    // SHAPE: "top.PRelu"{{.*}} -> tensor<2x128x100x100xf32>
    %0 = "top.PRelu"(%arg0, %arg1) : (tensor<2x128x100x100xf32>, tensor<1x128x1x1xf32>) -> tensor<*xf32> loc("output0_PRelu")
    return %0 : tensor<*xf32>
  }
}
