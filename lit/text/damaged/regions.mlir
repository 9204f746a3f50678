// RUN: tpuc-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect
// -----
// expected-error@+1 {{expected operation name in quotes}} at column 11
"t.a"() ({ : () -> ()
// -----
"t.a"() ({
// expected-error@+1 {{expected operation name in quotes}} at column 21
  "t.b"() : () -> ()
) : () -> ()
// -----
"t.a"() ({
  "t.b"() : () -> ()
// expected-error@+1 {{expected ')' to end region list}} at column 2
} : () -> ()
// -----
// expected-error@+1 {{expected '{' to begin a region}} at column 13
"t.a"() ({}, ) : () -> ()
// -----
// expected-error@+1 {{expected ')' to end region list}} at column 12
"t.a"() ({} {}) : () -> ()
// -----
// expected-error@+1 {{expected '{' to begin a region}} at column 10
"t.a"() () : () -> ()
// -----
"t.a"() ({
// expected-error@+1 {{expected ':' after block name}} at column 5
^bb0
  "t.b"() : () -> ()
}) : () -> ()
// -----
"t.a"() ({
// expected-error@+1 {{invalid block name}} at column 1
^:
  "t.b"() : () -> ()
}) : () -> ()
// -----
"t.a"() ({
// expected-error@+1 {{expected ':' and type for SSA operand}} at column 8
^bb0(%a):
  "t.b"() : () -> ()
}) : () -> ()
// -----
"t.a"() ({
// expected-error@+1 {{expected non-function type}} at column 9
^bb0(%a: ):
  "t.b"() : () -> ()
}) : () -> ()
// -----
"t.a"() ({
// expected-error@+1 {{expected ')'}} at column 13
^bb0(%a: f32:
  "t.b"() : () -> ()
}) : () -> ()
// -----
"t.a"() ({
// expected-error@+1 {{expected SSA operand}} at column 6
^bb0(f32):
  "t.b"() : () -> ()
}) : () -> ()
// -----
"t.a"() ({
// expected-error@+2 {{redefinition of SSA value '%a'}} at column 15
// expected-note@+1 {{previously defined here}}
^bb0(%a: f32, %a: f32):
  "t.b"() : () -> ()
}) : () -> ()
// -----
"t.a"() ({
// expected-note@+1 {{previously defined here}}
^bb0:
  "t.b"() : () -> ()
// expected-error@+1 {{redefinition of block '^bb0'}} at column 1
^bb0:
  "t.b"() : () -> ()
}) : () -> ()
// -----
// expected-error@+1 {{expected operation name in quotes}} at column 1
^bb0:
// -----
"t.a"() ({
// expected-error@+1 {{expected operation name in quotes}} at column 21
  "t.b"() : () -> ()
// -----
"t.a"() ({
  %0 = "t.b"() : () -> f32
}) : () -> ()
// expected-error@+1 {{use of undeclared SSA value name}} at column 9
"t.use"(%0) : (f32) -> ()
// -----
// expected-error@+1 {{expected operation name in quotes}} at column 1
}
// -----
"t.a"() ({
// expected-error@+1 {{expected ':' followed by operation type}} at column 10
  "t.b"()
}) : () -> ()
// -----
"t.a"() ({
  "t.b"() : () -> ()
// expected-error@+1 {{expected attribute value}} at column 8
}) {a = } : () -> ()
// -----
"t.a"() ({
// expected-error@+1 {{expected SSA operand}} at column 14
^bb0(%a: f32,):
  "t.b"() : () -> ()
}) : () -> ()
