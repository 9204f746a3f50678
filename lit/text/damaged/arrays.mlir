// RUN: tpuc-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect
// -----
// expected-error@+1 {{expected attribute value}} at column 15
"t.a"() {a = [} : () -> ()
// -----
// expected-error@+1 {{expected attribute value}} at column 17
"t.a"() {a = [1, } : () -> ()
// -----
// expected-error@+1 {{expected attribute value}} at column 17
"t.a"() {a = [1, ]} : () -> ()
// -----
// expected-error@+1 {{expected ',' or ']'}} at column 16
"t.a"() {a = [1 2]} : () -> ()
// -----
// expected-error@+1 {{expected attribute value}} at column 15
"t.a"() {a = [,]} : () -> ()
// -----
// expected-error@+1 {{expected attribute value}} at column 13
"t.a"() {a = ]} : () -> ()
// -----
// expected-error@+1 {{expected ',' or ']'}} at column 16
"t.a"() {a = [1}} : () -> ()
// -----
// expected-error@+1 {{expected '<' after 'array'}} at column 19
"t.a"() {a = array} : () -> ()
// -----
// expected-error@+1 {{expected non-function type}} at column 20
"t.a"() {a = array<} : () -> ()
// -----
// expected-error@+1 {{expected non-function type}} at column 20
"t.a"() {a = array<>} : () -> ()
// -----
// expected-error@+1 {{expected integer literal}} at column 25
"t.a"() {a = array<i32: >} : () -> ()
// -----
// expected-error@+1 {{expected '>' to close an array attribute}} at column 26
"t.a"() {a = array<i32: 1 2>} : () -> ()
// -----
// expected-error@+1 {{expected integer literal}} at column 28
"t.a"() {a = array<i32: 1, >} : () -> ()
// -----
// expected-error@+1 {{expected ':' after dense array type}} at column 23
"t.a"() {a = array<i32 1>} : () -> ()
// -----
// expected-error@+1 {{expected integer literal}} at column 25
"t.a"() {a = array<i32: 1.5>} : () -> ()
// -----
// expected-error@+1 {{integer constant out of range}} at column 27
"t.a"() {a = array<i8: 300>} : () -> ()
// -----
// expected-error@+1 {{element type bitwidth must be a multiple of 8}} at column 20
"t.a"() {a = array<i7: 1>} : () -> ()
// -----
// expected-error@+1 {{expected integer or float type, got: 'tensor<2xi32>'}} at column 20
"t.a"() {a = array<tensor<2xi32>: 1>} : () -> ()
// -----
// expected-error@+1 {{integer constant out of range}} at column 25
"t.a"() {a = array<i1: 2>} : () -> ()
// -----
// expected-error@+1 {{unexpected decimal integer literal for a floating point value}} at column 25
"t.a"() {a = array<f32: 1>} : () -> ()
// -----
// expected-error@+1 {{expected integer literal}} at column 25
"t.a"() {a = array<i32: "x">} : () -> ()
// -----
// expected-error@+1 {{expected '>' to close an array attribute}} at column 26
"t.a"() {a = array<i32: 1} : () -> ()
// -----
// expected-error@+1 {{expected non-function type}} at column 20
"t.a"() {a = array<3: 1>} : () -> ()
// -----
// expected-error@+1 {{expected i1 type for 'true' or 'false' values}} at column 25
"t.a"() {a = array<i32: true>} : () -> ()
