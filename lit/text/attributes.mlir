// RUN: tpuc-opt %s --allow-unregistered-dialect --mlir-print-debuginfo=false --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --allow-unregistered-dialect --mlir-print-debuginfo=false --mlir-elide-elementsattrs-if-larger=3 \
// RUN:   | FileCheck %s --check-prefix=ELIDE

// CHECK: "t.sorted"() {a, "b c", module.x = true, z = false} : () -> ()
"t.sorted"() {z = false, module.x = true, a, "b c"} : () -> ()

// CHECK: "t.integers"() {a = 1 : i64, b = -1 : i32, c = 255 : ui8, d = -128 : i8, e = 7 : index, f = 16 : i64, g = -1 : si8, h = true} : () -> ()
"t.integers"() {a = 1, b = -1 : i32, c = 255 : ui8, d = 128 : i8, e = 7 : index, f = 0x10, g = -1 : si8, h = 1 : i1} : () -> ()

// CHECK: "t.arrays"() {a = [], b = [1, 2], c = [1 : i32, 5.000000e-01], d = {{\[\[}}true], "x", @f, {k = 1 : i64}], e = array<i32>, f = array<i32: -1, 2>, g = array<f32: 1.500000e+00>, h = array<i1: true, false>}
"t.arrays"() {a = [], b = [1, 2], c = [1 : i32, 0.5], d = [[true], "x", @f, {k = 1}], e = array<i32>, f = array<i32: -1, 2>, g = array<f32: 1.5>, h = array<i1: true, false>} : () -> ()

// CHECK: "t.strings"() {a = "", b = "quote \22, backslash \\, line \0A, tab \09", c = "\E5\B0\8F \FF", d = @sym::@"with space"::@a.b-c}
"t.strings"() {a = "", b = "quote \", backslash \\, line \n, tab \t", c = "小 \FF", d = @sym::@"with space"::@"a.b-c"} : () -> ()

// CHECK: "t.dialect"() {a = #tpu<round_mode HalfAwayFromZero>, b = #tpu.lg<out_addr = 0, eu_align = true, n_idx = [0, 4], in_hslice_offset = []>, c = #other.attr<[1, "]"]>, d = #other<x -> y>}
"t.dialect"() {a = #tpu<round_mode HalfAwayFromZero>, b = #tpu.lg<out_addr = 0, eu_align = true, n_idx = [0, 4], in_hslice_offset = []>, c = #other.attr<[1, "]"]>, d = #other<x -> y>} : () -> ()

// CHECK: "t.dense"() {a = dense<1> : tensor<2x2xi32>, b = dense<{{\[\[}}1, 2], [3, 4]]> : tensor<2x2xi32>, c = dense<1.000000e+00> : tensor<f32>, d = dense<> : tensor<0xi8>, e = dense<[1, -1]> : tensor<2xi8>, f = dense<true> : tensor<3xi1>}
// ELIDE: "t.dense"() {a = dense<1> : tensor<2x2xi32>, b = dense_resource<__elided__> : tensor<2x2xi32>,
"t.dense"() {a = dense<1> : tensor<2x2xi32>, b = dense<[[1, 2], [3, 4]]> : tensor<2x2xi32>, c = dense<1.0> : tensor<f32>, d = dense<> : tensor<0xi8>, e = dense<"0x01FF"> : tensor<2xi8>, f = dense<[true, true, true]> : tensor<3xi1>} : () -> ()

#shared = [1, 2]
// CHECK: "t.alias"() {a = [1, 2], b = {{\[\[}}1, 2]]} : () -> ()
"t.alias"() {a = #shared, b = [#shared]} : () -> ()
