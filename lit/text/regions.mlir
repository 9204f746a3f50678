// RUN: tpuc-opt %s --allow-unregistered-dialect --mlir-print-debuginfo=false --verify-roundtrip | FileCheck %s

// CHECK: func.func @f(%arg0: f32) {
func.func @f(%arg0: f32) {
  // The values of a region are numbered before those of the regions inside it; sibling regions start at the same number.
  // CHECK-NEXT: %0 = "t.outer"(%arg0) ({
  // CHECK-NEXT:   %2 = "t.inner"(%arg0) : (f32) -> f32
  // CHECK-NEXT:   "t.yield"(%2) : (f32) -> ()
  // CHECK-NEXT: }, {
  // CHECK-NEXT: ^bb0(%arg1: f32):
  // CHECK-NEXT:   %2 = "t.inner"(%arg1) : (f32) -> f32
  // CHECK-NEXT: ^bb1(%3: f32):
  // CHECK-NEXT:   "t.yield"(%3) : (f32) -> ()
  // CHECK-NEXT: }) {a = 1 : i64} : (f32) -> f32
  %x = "t.outer"(%arg0) ({
    %y = "t.inner"(%arg0) : (f32) -> f32
    "t.yield"(%y) : (f32) -> ()
  }, {
  ^entry(%b: f32):
    %y = "t.inner"(%b) : (f32) -> f32
  ^next(%c: f32):
    "t.yield"(%c) : (f32) -> ()
  }) {a = 1} : (f32) -> f32
  // CHECK-NEXT: %1:3 = "t.three"(%0) ({
  // CHECK-NEXT: }) : (f32) -> (f32, f32, f32)
  %a, %b:2 = "t.three"(%x) ({}) : (f32) -> (f32, f32, f32)
  // CHECK-NEXT: "t.use"(%1#0, %1#1, %1#2) : (f32, f32, f32) -> ()
  "t.use"(%a, %b#0, %b#1) : (f32, f32, f32) -> ()
  // A block without operations shows its label.
  // CHECK-NEXT: "t.block"() ({
  // CHECK-NEXT: ^bb0:
  // CHECK-NEXT: }) : () -> ()
  "t.block"() ({
  ^bb0:
  }) : () -> ()
  return
}
