// RUN: tpuc-opt %s --allow-unregistered-dialect --mlir-print-debuginfo=false --verify-roundtrip | FileCheck %s

// CHECK: "t.types"() {
"t.types"() {
  // CHECK-SAME: a = none, b = index, c = i1, d = i8, e = si16, f = ui32, g = i128
  a = none, b = index, c = i1, d = i8, e = si16, f = ui32, g = i128,
  // CHECK-SAME: h = f16, i = bf16, j = f32, k = f64, l = f8E4M3FN, m = f8E5M2
  h = f16, i = bf16, j = f32, k = f64, l = f8E4M3FN, m = f8E5M2,
  // CHECK-SAME: n = tensor<f32>, o = tensor<1x?x3xi8>, p = tensor<*xf32>, q = tensor<0xf32>, r = tensor<2x0xbf16>, s = tensor<0xi8>
  n = tensor<f32>, o = tensor< 1x?x3xi8>, p = tensor<*xf32>, q = tensor<0xf32>, r = tensor<2x0xbf16>, s = tensor<0xi8>,
  // CHECK-SAME: t = tensor<1x3xf32, 4379926528 : i64>, u = tensor<2xf32, "layout">
  t = tensor<1x3xf32, 4379926528 : i64>, u = tensor<2xf32, "layout">,
  // CHECK-SAME: v = () -> (), w = (i32, f32) -> i8, x = (i32) -> (i8, i8), y = () -> (() -> ())
  v = () -> (), w = (i32, f32) -> i8, x = (i32) -> (i8, i8), y = () -> (() -> ()),
  // CHECK-SAME: z = !other.type<a, [1, 2]>
  z = !other.type<a, [1, 2]>
} : () -> ()

// CHECK: "t.quant"() {
"t.quant"() {
  // CHECK-SAME: a = !quant.calibrated<f32<-5.1740464782714843:5.1740464782714843>>
  a = !quant.calibrated<f32<-5.1740464782714843:5.1740464782714843>>,
  // CHECK-SAME: b = !quant.calibrated<f32<0.000000e+00:2.550000e+02>>
  b = !quant.calibrated<f32<0.0:255.0>>,
  // CHECK-SAME: c = !quant.uniform<i8:f32, 1.000000e+00>, d = !quant.uniform<u8:f32, 0.0039215688593685627:128>
  c = !quant.uniform<i8:f32, 1.0:0>, d = !quant.uniform<u8:f32, 0.0039215688593685627:128>,
  // CHECK-SAME: e = !quant.uniform<u8<0:1>:f32, 1.000000e+00>, f = !quant.uniform<i8:f32, 1.000000e+00:-3>
  e = !quant.uniform<u8<0:1>:f32, 1.0>, f = !quant.uniform<i8<-128:127>:f32, 1.0:-3>,
  // CHECK-SAME: g = !quant.uniform<i8<-127:127>:f32:1, {2.000000e-01,4.000000e-01:5}>
  g = !quant.uniform<i8<-127:127>:f32:1, {2.0e-1,4.0e-1:5}>,
  // CHECK-SAME: h = tensor<1x2x!quant.uniform<i16:f32, 5.000000e-01>, 16 : i64>
  h = tensor<1x2x!quant.uniform<i16:f32, 0.5>, 16 : i64>
} : () -> ()

!short = tensor<2x!quant.uniform<i8:f32, 0.5>>
// CHECK: "t.alias"() : () -> tensor<2x!quant.uniform<i8:f32, 5.000000e-01>>
%0 = "t.alias"() : () -> !short
