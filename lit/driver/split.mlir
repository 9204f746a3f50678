// RUN: tpuc-opt %s --verify-roundtrip --split-input-file --mlir-print-debuginfo=false | FileCheck %s
// RUN: tpuc-opt %s --split-input-file --verify-diagnostics --mlir-print-debuginfo=false | FileCheck %s

// CHECK: module {
// CHECK: "top.None"
%0 = "top.None"() : () -> none
// CHECK: // -----
// -----
// CHECK: module {
// CHECK: "top.Weight"
%0 = "top.Weight"() : () -> tensor<1xf32>
