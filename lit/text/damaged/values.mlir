// RUN: tpuc-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect
// -----
// expected-error@+1 {{invalid SSA name}} at column 1
% = "t.a"() : () -> f32
// -----
// expected-error@+1 {{expected '=' after SSA name}} at column 3
%0 "t.a"() : () -> f32
// -----
// expected-error@+1 {{expected operation name in quotes}} at column 5
%0 = : () -> f32
// -----
// expected-error@+1 {{expected valid ssa identifier}} at column 4
%0, = "t.a"() : () -> f32
// -----
// expected-error@+1 {{expected integer number of results}} at column 4
%0: = "t.a"() : () -> f32
// -----
// expected-error@+1 {{expected named operation to have at least 1 result}} at column 4
%0:0 = "t.a"() : () -> f32
// -----
// expected-error@+1 {{expected integer number of results}} at column 4
%0:x = "t.a"() : () -> f32
// -----
// expected-error@+1 {{operation defines 1 results but was provided 2 to bind}} at column 1
%0:2 = "t.a"() : () -> f32
// -----
// expected-error@+1 {{cannot name an operation with no results}} at column 1
%0 = "t.a"() : () -> ()
// -----
// expected-error@+1 {{operation defines 1 results but was provided 2 to bind}} at column 1
%0, %1 = "t.a"() : () -> f32
// -----
// expected-note@+1 {{previously defined here}}
%0 = "t.a"() : () -> f32
// expected-error@+1 {{redefinition of SSA value '%0'}} at column 1
%0 = "t.a"() : () -> f32
// -----
// expected-error@+1 {{use of undeclared SSA value name}} at column 9
"t.use"(%x) : (f32) -> ()
// -----
// expected-note@+1 {{prior use here}}
%0 = "t.a"() : () -> f32
// expected-error@+1 {{use of value '%0' expects different type than prior uses: 'i32' vs 'f32'}} at column 9
"t.use"(%0) : (i32) -> ()
// -----
// expected-note@+1 {{defined here}}
%0 = "t.a"() : () -> f32
// expected-error@+1 {{reference to invalid result number}} at column 9
"t.use"(%0#1) : (f32) -> ()
// -----
%0:2 = "t.a"() : () -> (f32, f32)
// expected-error@+1 {{invalid SSA value result number}} at column 11
"t.use"(%0#x) : (f32) -> ()
// -----
%0 = "t.a"() : () -> f32
// expected-error@+1 {{invalid attribute name}} at column 11
"t.use"(%0#) : (f32) -> ()
// -----
%0 = "t.a"() : () -> f32
// expected-error@+1 {{expected ')' to end operand list}} at column 11
"t.use"(%0 %0) : (f32, f32) -> ()
// -----
%0 = "t.a"() : () -> f32
// expected-error@+1 {{expected SSA operand}} at column 12
"t.use"(%0,) : (f32) -> ()
// -----
%0 = "t.a"() : () -> f32
// expected-error@+1 {{expected 2 operand types but had 1}} at column 19
"t.use"(%0, %0) : (f32) -> ()
// -----
%0 = "t.a"() : () -> f32
// expected-error@+1 {{expected 1 operand type  but had 0}} at column 15
"t.use"(%0) : () -> ()
// -----
// expected-error@+1 {{expected '=' after SSA name}} at column 3
%0#1 = "t.a"() : () -> f32
// -----
// expected-error@+1 {{expected operation name in quotes}} at column 5
%0 = %1
// -----
// expected-error@+1 {{expected operation name in quotes}} at column 5
%0 = 3
// -----
// expected-error@+1 {{expected '=' after SSA name}} at column 3
%-
// -----
%0 = "t.a"() : () -> f32
// expected-error@+1 {{expected ')' to end operand list}} at column 9
"t.use"(0) : (f32) -> ()
// -----
// expected-note@+1 {{previously used here with type 'f32'}}
"t.use"(%0) : (f32) -> ()
// expected-error@+1 {{definition of SSA value '%0#0' has type 'i32'}} at column 1
%0 = "t.a"() : () -> i32
