// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Compare attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x1x27xf32>, %arg1: tensor<1x3x27x1xf32>, %arg2: tensor<1x3x1x27xf32>, %arg3: tensor<1x3x27x1xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.Compare"(%arg0, %arg1) {mode = "Less"} : (tensor<1x3x1x27xf32>, tensor<1x3x27x1xf32>) -> tensor<*xf32>
    // SHAPE: "top.Compare"{{.*}} -> tensor<1x3x27x27xf32>
    %0 = "top.Compare"(%arg0, %arg1) {mode = "Less"} : (tensor<1x3x1x27xf32>, tensor<1x3x27x1xf32>) -> tensor<*xf32> loc("output_Less")
    // CHECK: "top.Compare"(%arg2, %arg3) {mode = "Greater"} : (tensor<1x3x1x27xf32>, tensor<1x3x27x1xf32>) -> tensor<*xf32>
    // SHAPE: "top.Compare"{{.*}} -> tensor<1x3x27x27xf32>
    %1 = "top.Compare"(%arg2, %arg3) {mode = "Greater"} : (tensor<1x3x1x27xf32>, tensor<1x3x27x1xf32>) -> tensor<*xf32> loc("output_Greater")
    return %0, %1 : tensor<*xf32>, tensor<*xf32>
  }
}
