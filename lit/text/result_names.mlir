// RUN: tpuc-opt %s --mlir-print-debuginfo=false --verify-roundtrip | FileCheck %s

// Operations that declare several results have them called by their names.
// CHECK-LABEL: func.func @main
func.func @main(%arg0: tensor<4x8xf32>) -> tensor<4xf32> {
  // CHECK-NEXT: %0 = "top.Input"
  %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<4x8xf32>) -> tensor<4x8xf32>
  // CHECK-NEXT: %indices, %values = "top.Arg"(%0)
  %1:2 = "top.Arg"(%0) {axis = 1 : i64, keepdims = false, mode = "ArgMax"} : (tensor<4x8xf32>) -> (tensor<4xf32>, none)
  // CHECK-NEXT: %indices_0, %values_1 = "top.Arg"(%0)
  %indices, %values = "top.Arg"(%0) {axis = 1 : i64, keepdims = false, mode = "ArgMin"} : (tensor<4x8xf32>) -> (tensor<4xf32>, none)
  // CHECK-NEXT: return %indices_0 : tensor<4xf32>
  return %indices : tensor<4xf32>
}
