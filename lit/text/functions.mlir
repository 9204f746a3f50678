// RUN: tpuc-opt %s --allow-unregistered-dialect --mlir-print-debuginfo=false --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --allow-unregistered-dialect --mlir-print-debuginfo=false --mlir-print-op-generic | FileCheck %s --check-prefix=GENERIC

// CHECK: module @outer attributes {module.state = "TOP_F32"} {
// GENERIC: "builtin.module"() ({
module @outer attributes {module.state = "TOP_F32"} {
  // CHECK-NEXT: module @"inner one" {
  module @"inner one" {
    // CHECK-NEXT: func.func private @declared(f32, tensor<2xf32>) -> (f32, f32)
    func.func private @declared(f32, tensor<2xf32>) -> (f32, f32)
    // CHECK-NEXT: func.func @main(%arg0: f32, %arg1: tensor<2xf32>) -> f32 attributes {id = 0 : i64, mode = #tpu<run_mode TPU_STATIC>} {
    // GENERIC: ^bb0(%arg0: f32, %arg1: tensor<2xf32>):
    func.func @main(%a: f32, %b: tensor<2xf32>) -> f32 attributes {mode = #tpu<run_mode TPU_STATIC>, id = 0} {
      // CHECK-NEXT: %0:2 = call @declared(%arg0, %arg1) : (f32, tensor<2xf32>) -> (f32, f32)
      // GENERIC-NEXT: %0:2 = "func.call"(%arg0, %arg1) {callee = @declared} : (f32, tensor<2xf32>) -> (f32, f32)
      %x:2 = func.call @declared(%a, %b) : (f32, tensor<2xf32>) -> (f32, f32)
      // CHECK-NEXT: return %0#1 : f32
      // GENERIC-NEXT: "func.return"(%0#1) : (f32) -> ()
      return %x#1 : f32
    // CHECK-NEXT: }
    // GENERIC-NEXT: }) {function_type = (f32, tensor<2xf32>) -> f32, id = 0 : i64, mode = #tpu<run_mode TPU_STATIC>, sym_name = "main"} : () -> ()
    }
    // CHECK-NEXT: func.func @attributes(%arg0: f32 {t.a = 1 : i64}, %arg1: f32) -> (f32 {t.b}) {
    func.func @attributes(%a: f32 {t.a = 1}, %b: f32) -> (f32 {t.b}) {
      // CHECK-NEXT: return %arg0 : f32
      func.return %a : f32
    }
    // CHECK: func.func @empty() {
    // CHECK-NEXT: return
    func.func @empty() {
      return
    }
  }
}
