// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Einsum attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4xf32>, %arg1: tensor<32xf32>, %arg2: tensor<1x26x12x26xf32>, %arg3: tensor<12x26x312xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.Einsum"(%arg0, %arg1) {mode = "a,b->ab"} : (tensor<4xf32>, tensor<32xf32>) -> tensor<*xf32>
    // SHAPE: "top.Einsum"{{.*}} -> tensor<4x32xf32>
    %0 = "top.Einsum"(%arg0, %arg1) {mode = "a,b->ab"} : (tensor<4xf32>, tensor<32xf32>) -> tensor<*xf32> loc("output_Einsum")
    // CHECK: "top.Einsum"(%arg2, %arg3) {mode = "abcd,cde->abe"} : (tensor<1x26x12x26xf32>, tensor<12x26x312xf32>) -> tensor<*xf32>
    // SHAPE: "top.Einsum"{{.*}} -> tensor<1x26x312xf32>
    %1 = "top.Einsum"(%arg2, %arg3) {mode = "abcd,cde->abe"} : (tensor<1x26x12x26xf32>, tensor<12x26x312xf32>) -> tensor<*xf32> loc("output_Einsum")
    return %0, %1 : tensor<*xf32>, tensor<*xf32>
  }
}
