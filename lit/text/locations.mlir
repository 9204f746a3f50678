// RUN: tpuc-opt %s --allow-unregistered-dialect --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --allow-unregistered-dialect --mlir-print-debuginfo=false | FileCheck %s --check-prefix=NONE

// Locations that block arguments need stand before the program, all others behind it, parts before wholes.
// CHECK: #loc = loc(unknown)
// CHECK-NEXT: #loc1 = loc("a")
// CHECK-NEXT: #loc2 = loc("arg part")
// CHECK-NEXT: #loc[[FUSED:[0-9]+]] = loc(fused[#loc2, #loc])
// CHECK-NEXT: module {
// NONE: module {
// NONE-NOT: loc
module {
  // CHECK-NEXT: func.func @f(%arg0: f32 loc("a"), %arg1: f32 loc(fused[#loc2, #loc])) {
  func.func @f(%arg0: f32 loc("a"), %arg1: f32 loc(fused["arg part", unknown])) {
    // CHECK-NEXT: "t.a"() : () -> () loc(#loc{{[0-9]+}})
    "t.a"() : () -> () loc(#late)
    // CHECK-NEXT: "t.b"() : () -> () loc(#loc{{[0-9]+}})
    "t.b"() : () -> () loc("file.py":10:3)
    // CHECK-NEXT: "t.c"() : () -> ()
    "t.c"() : () -> () loc(callsite("inner" at "outer"("x"(unknown))))
    // CHECK-NEXT: "t.d"() : () -> ()
    "t.d"() : () -> () loc(fused<"meta">["p", "q"])
    // A place in this file where none is written.
    // CHECK-NEXT: "t.e"() : () -> ()
    "t.e"() : () -> ()
    return loc(unknown)
  } loc(unknown)
} loc(unknown)
#late = loc("escaped \22")

// CHECK-DAG: = loc("escaped \22")
// CHECK-DAG: = loc("file.py":10:3)
// CHECK-DAG: = loc("outer"(#loc{{[0-9]+}}))
// CHECK-DAG: = loc(callsite(#loc{{[0-9]+}} at #loc{{[0-9]+}}))
// CHECK-DAG: = loc(fused<"meta">[#loc{{[0-9]+}}, #loc{{[0-9]+}}])
// CHECK-DAG: = loc("{{.*}}locations.mlir":25:5)
