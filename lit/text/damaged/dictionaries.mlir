// RUN: tpuc-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect
// -----
// expected-error@+1 {{expected attribute value}} at column 13
"t.a"() {a = } : () -> ()
// -----
// expected-error@+1 {{expected '}' in attribute dictionary}} at column 11
"t.a"() {a 1} : () -> ()
// -----
// expected-error@+1 {{expected attribute name}} at column 10
"t.a"() {= 1} : () -> ()
// -----
// expected-error@+1 {{expected attribute name}} at column 16
"t.a"() {a = 1,} : () -> ()
// -----
// expected-error@+1 {{expected '}' in attribute dictionary}} at column 15
"t.a"() {a = 1 b = 2} : () -> ()
// -----
// expected-error@+1 {{expected attribute name}} at column 10
"t.a"() {1 = 1} : () -> ()
// -----
// expected-error@+1 {{duplicate key 'a' in dictionary attribute}} at column 17
"t.a"() {a = 1, a = 2} : () -> ()
// -----
// expected-error@+1 {{expected '"' in string literal}} at column 28
"t.a"() {"a = 1} : () -> ()
// -----
// expected-error@+1 {{expected attribute value}} at column 18
"t.a"() {a = {b = } } : () -> ()
// -----
// expected-error@+1 {{expected '}' in attribute dictionary}} at column 21
"t.a"() {a = {b = 1} : () -> ()
// -----
// expected-error@+1 {{expected ':' followed by operation type}} at column 16
"t.a"() {a = 1}} : () -> ()
// -----
// expected-error@+1 {{expected valid attribute name}} at column 10
"t.a"() {"" = 1} : () -> ()
// -----
// expected-error@+1 {{expected attribute name}} at column 10
"t.a"() {%a = 1} : () -> ()
// -----
// expected-error@+1 {{expected '}' in attribute dictionary}} at column 11
"t.a"() {a : 1} : () -> ()
// -----
// expected-error@+1 {{expected attribute name}} at column 10
"t.a"() {,} : () -> ()
// -----
// expected-error@+1 {{expected attribute value}} at column 13
"t.a"() {a == 1} : () -> ()
