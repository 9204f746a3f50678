// RUN: tpuc-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect
// -----
// expected-error@+1 {{expected '"' in string literal}} at column 30
"t.a"() {a = "abc} : () -> ()
// -----
// expected-error@+1 {{expected '"' in string literal}} at column 32
"t.a"() {a = "abc\"} : () -> ()
// -----
// expected-error@+1 {{unknown escape in string literal}} at column 15
"t.a"() {a = "\q"} : () -> ()
// -----
// expected-error@+1 {{expected attribute value}} at column 13
"t.a"() {a = abc"} : () -> ()
// -----
// expected-error@+1 {{expected '}' in attribute dictionary}} at column 17
"t.a"() {a = "a" "b"} : () -> ()
// -----
// expected-error@+1 {{@ identifier expected to start with letter or '_'}} at column 15
"t.a"() {a = @} : () -> ()
// -----
// expected-error@+1 {{expected '"' in string literal}} at column 28
"t.a"() {a = @"} : () -> ()
// -----
// expected-error@+1 {{expected nested symbol reference identifier}} at column 18
"t.a"() {a = @f::} : () -> ()
// -----
// expected-error@+1 {{expected nested symbol reference identifier}} at column 18
"t.a"() {a = @f::g} : () -> ()
// -----
// expected-error@+1 {{expected '}' in attribute dictionary}} at column 16
"t.a"() {a = @f:@g} : () -> ()
// -----
// expected-error@+1 {{@ identifier expected to start with letter or '_'}} at column 15
"t.a"() {a = @1} : () -> ()
// -----
// expected-error@+1 {{unknown escape in string literal}} at column 15
"t.a"() {a = "\4"} : () -> ()
