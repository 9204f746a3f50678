// RUN: tpuc-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect
// -----
// expected-error@+1 {{expected ')' to end operand list}} at column 7
"t.a"( : () -> ()
// -----
// expected-error@+1 {{expected '(' to start operand list}} at column 6
"t.a") : () -> ()
// -----
// expected-error@+1 {{expected '{' to begin a region}} at column 10
"t.a"() () -> ()
// -----
// expected-error@+1 {{expected non-function type}} at column 10
"t.a"() : -> ()
// -----
// expected-error@+1 {{expected '->' in function type}} at column 13
"t.a"() : () ()
// -----
// expected-error@+1 {{expected non-function type}} at column 16
"t.a"() : () -> 
// -----
// expected-error@+1 {{expected non-function type}} at column 18
"t.a"() : () -> (
// -----
// expected-error@+1 {{expected ')'}} at column 21
"t.a"() : () -> (f32
// -----
// expected-error@+1 {{expected ')'}} at column 15
"t.a"() : (f32 -> ()
// -----
// expected-error@+1 {{expected function type}} at column 11
"t.a"() : f32
// -----
// expected-error@+1 {{Dialect `t' not found for custom op 't.a'}} at column 1
t.a() : () -> ()
// -----
// expected-error@+1 {{expected '(' to start operand list}} at column 6
"t.a" : () -> ()
// -----
// expected-error@+1 {{empty operation name is invalid}} at column 1
""() : () -> ()
// -----
// expected-error@+1 {{expected ')' to end operand list}} at column 7
"t.a"(1) : (i32) -> ()
// -----
// expected-error@+1 {{expected ')' to end operand list}} at column 7
"t.a"(@f) : (i32) -> ()
// -----
// expected-error@+1 {{integer literal not valid for specified type}} at column 14
"t.a"() {a = 1 : () -> ()
// -----
// expected-error@+1 {{expected operation name in quotes}} at column 19
"t.a"() : () -> () {a = 1}
// -----
// expected-error@+1 {{expected operation name in quotes}} at column 1
= "t.a"() : () -> f32
// -----
// expected-error@+1 {{expected '(' to start operand list}} at column 6
"t.a"[] : () -> ()
// -----
// expected-error@+1 {{expected '->' in function type}} at column 13
"t.a"() : () => ()
// -----
// expected-error@+1 {{expected '"' in string literal}} at column 5
"t.a
// -----
// expected-error@+1 {{Dialect `t' not found for custom op 't.a'}} at column 1
t.a
// -----
// expected-error@+1 {{unexpected character}} at column 9
"t.a"() ; () -> ()
// -----
// expected-error@+1 {{unexpected character}} at column 1
't.a'() : () -> ()
