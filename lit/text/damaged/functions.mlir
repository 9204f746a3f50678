// RUN: tpuc-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect
// -----
// expected-error@+1 {{custom op 'func.func' expected valid '@'-identifier for symbol name}} at column 11
func.func {}
// -----
// expected-error@+1 {{expected '('}} at column 13
func.func @f
// -----
// expected-error@+1 {{expected '('}} at column 13
func.func @f {
  return
}
// -----
// expected-error@+1 {{expected non-function type}} at column 14
func.func @f( {
  return
}
// -----
// expected-error@+1 {{expected non-function type}} at column 18
func.func @f() -> {
  return
}
// -----
// expected-error@+1 {{expected ':'}} at column 16
func.func @f(%a) {
  return
}
// -----
// expected-error@+1 {{expected non-function type}} at column 17
func.func @f(%a: ) {
  return
}
// -----
func.func @f(%a: f32 {
  return
// expected-error@+1 {{expected ')'}} at column 2
}
// -----
// expected-error@+1 {{custom op 'func.func' expected SSA identifier}} at column 23
func.func @f(%a: f32, f32) {
  return
}
// -----
// expected-error@+1 {{'func.func' op entry block must have 1 arguments to match function signature}} at column 1
func.func @f(f32) {
  return
}
// -----
// expected-error@+2 {{region entry argument '%a' is already in use}} at column 23
// expected-note@+1 {{previously referenced here}}
func.func @f(%a: f32, %a: f32) {
  return
}
// -----
// expected-error@+1 {{'func.func' op symbol declaration cannot have public visibility}} at column 1
func.func @f() attributes {
  return
}
// -----
// expected-error@+1 {{expected '}' in attribute dictionary}} at column 33
func.func @f() attributes {a = 1
// -----
// expected-error@+1 {{custom op 'func.func' expected valid '@'-identifier for symbol name}} at column 11
func.func secret @f()
// -----
func.func @f() -> (f32 {
  return
// expected-error@+1 {{expected ')'}} at column 2
}
// -----
// expected-error@+1 {{expected operation name in quotes}} at column 22
func.func @f() -> f32, f32 {
  return
}
// -----
func.func @f() {
// expected-error@+1 {{expected ':'}} at column 12
  return %a
}
// -----
func.func @f() {
// expected-error@+1 {{expected non-function type}} at column 14
  return %a : 
}
// -----
func.func @f(%a: f32) {
// expected-error@+1 {{expected SSA operand}} at column 13
  return %a, : f32
}
// -----
func.func @f(%a: f32) {
// expected-error@+1 {{custom op 'func.return' 1 operands present, but expected 2}} at column 10
  return %a : f32, f32
}
// -----
func.func @f() {
// expected-error@+1 {{custom op 'f32' is unknown (tried 'func.f32' as well)}} at column 10
  return f32
}
// -----
func.func @f() {
// expected-error@+1 {{expected operation name in quotes}} at column 9
  return
// -----
// expected-error@+1 {{custom op 'func.func' expected valid '@'-identifier for symbol name}} at column 11
func.func "f"() {
  return
}
// -----
func.func @f() {
// expected-error@+1 {{expected attribute value}} at column 7
  call f() : () -> ()
  return
}
// -----
func.func @f() {
// expected-error@+1 {{expected '('}} at column 10
  call @f : () -> ()
  return
}
// -----
func.func @f() {
// expected-error@+1 {{expected ':'}} at column 12
  call @f() () -> ()
  return
}
// -----
func.func @f() {
// expected-error@+1 {{expected '->' in function type}} at column 17
  call @f() : ()
  return
}
// -----
func.func @f() {
// expected-error@+1 {{custom op 'func.call' invalid kind of type specified}} at column 15
  call @f() : f32
  return
}
// -----
func.func @f() {
// expected-error@+1 {{custom op 'func.call' 1 operands present, but expected 0}} at column 11
  call @f(%0) : () -> ()
  return
}
// -----
// expected-error@+1 {{expected non-function type}} at column 14
func.func @f(...) {
  return
}
// -----
func.func @f() {
// expected-error@+1 {{custom op 'returm' is unknown (tried 'func.returm' as well)}} at column 3
  returm
}
// -----
// expected-error@+1 {{expected ')'}} at column 34
func.func @f(%a: f32 loc(unknown) {
  return
}
