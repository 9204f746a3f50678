// RUN: not tpuc-opt %s --diagnostics-format=json 2>&1 | FileCheck %s

// CHECK: {"severity":"error","message":"use of undeclared SSA value name","file":"{{.*}}json.mlir","line":[[@LINE+3]],"column":21,"end_line":[[@LINE+3]],"end_column":23,"notes":[]}
module @net {
  func.func @main(%arg0: tensor<1x8xf32>) -> tensor<1x8xf32> {
    %1 = "top.Relu"(%0) {relu_limit = -1.000000e+00 : f64} : (tensor<1x8xf32>) -> tensor<1x8xf32>
    return %1 : tensor<1x8xf32>
  }
}
