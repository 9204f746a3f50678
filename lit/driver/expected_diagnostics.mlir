// RUN: not tpuc-opt %s --verify-diagnostics 2>&1 | FileCheck %s --implicit-check-not=error:

// CHECK: error: unexpected error: unregistered operation 'top.A'
"top.A"() : () -> ()
// CHECK: error: expected error "something else" was not produced
// expected-error@+1 {{something else}}
%0 = "top.None"() : () -> none
