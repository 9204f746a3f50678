// RUN: not tpuc-opt %s --shape-infer 2>&1 | FileCheck %s

// CHECK: error: 'top.Reshape' op cannot reshape 2x3 to 4x-1
// CHECK: shape_infer_invalid.mlir:[[@LINE+5]]:10
// CHECK: pass 'shape-infer' failed
module @net {
  func.func @main(%arg0: tensor<2x3xf32>) -> tensor<*xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<2x3xf32>) -> tensor<2x3xf32> loc("in")
    %1 = "top.Reshape"(%0) {flatten_start_dim = -1 : i64, shape = [4, -1]} : (tensor<2x3xf32>) -> tensor<*xf32> loc("shape")
    return %1 : tensor<*xf32>
  }
}
