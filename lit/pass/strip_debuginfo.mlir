// RUN: tpuc-opt %s --verify-roundtrip --strip-debuginfo | FileCheck %s

// Names live in locations: none is left.
// CHECK: #loc = loc(unknown)
// CHECK: "top.Abs"(%arg0) : (tensor<4xf32>) -> tensor<4xf32> loc(#loc)
// CHECK-NOT: "absolute"
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %0 = "top.Abs"(%arg0) : (tensor<4xf32>) -> tensor<4xf32> loc("absolute")
  return %0 : tensor<4xf32>
}
