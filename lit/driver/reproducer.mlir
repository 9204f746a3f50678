// RUN: not tpuc-opt %s --canonicalize --shape-infer --mlir-pass-pipeline-crash-reproducer=%t 2>&1 | FileCheck %s
// RUN: FileCheck --check-prefix=FILE %s < %t
// RUN: not tpuc-opt --run-reproducer %t 2>&1 | FileCheck --check-prefix=AGAIN %s
// RUN: not tpuc-opt --run-reproducer %s 2>&1 | FileCheck --check-prefix=NONE %s

// CHECK: cannot reshape 2x3
// CHECK: to repeat: tpuc-opt --run-reproducer
// FILE: {{^}}// configuration: --pass-pipeline='builtin.module(canonicalize,shape-infer)'{{$}}
// FILE: module @net
// AGAIN: cannot reshape 2x3
// NONE: error: --run-reproducer: the input does not begin with
module @net {
  func.func @main(%arg0: tensor<2x3xf32>) -> tensor<4x5xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<2x3xf32>) -> tensor<2x3xf32> loc("in")
    %1 = "top.Reshape"(%0) {flatten_start_dim = -1 : i64, shape = [4, -1]} : (tensor<2x3xf32>) -> tensor<4x5xf32> loc("reshape")
    return %1 : tensor<4x5xf32>
  }
}
