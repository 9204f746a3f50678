// RUN: tpuc-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect
// -----
// expected-error@+1 {{expected '<' after 'dense'}} at column 19
"t.a"() {a = dense} : () -> ()
// -----
// expected-error@+1 {{expected element literal of primitive type}} at column 20
"t.a"() {a = dense<} : () -> ()
// -----
// expected-error@+1 {{expected ':'}} at column 22
"t.a"() {a = dense<1>} : () -> ()
// -----
// expected-error@+1 {{expected non-function type}} at column 24
"t.a"() {a = dense<1> : } : () -> ()
// -----
// expected-error@+1 {{elements literal must be a shaped type}} at column 28
"t.a"() {a = dense<1> : i32} : () -> ()
// -----
// expected-error@+1 {{elements literal type must have static shape}} at column 38
"t.a"() {a = dense<1> : tensor<?xi32>} : () -> ()
// -----
// expected-error@+1 {{elements literal type must have static shape}} at column 38
"t.a"() {a = dense<1> : tensor<*xi32>} : () -> ()
// -----
// expected-error@+1 {{inferred shape of elements literal ([3]) does not match type ([2])}} at column 31
"t.a"() {a = dense<[1, 2, 3]> : tensor<2xi32>} : () -> ()
// -----
// expected-error@+1 {{tensor literal is invalid; ranks are not consistent between elements}} at column 32
"t.a"() {a = dense<[[1, 2], [3]]> : tensor<2x2xi32>} : () -> ()
// -----
// expected-error@+1 {{tensor literal is invalid; ranks are not consistent between elements}} at column 30
"t.a"() {a = dense<[[1, 2], 3]> : tensor<2x2xi32>} : () -> ()
// -----
// expected-error@+1 {{tensor literal is invalid; ranks are not consistent between elements}} at column 27
"t.a"() {a = dense<[1, [2]]> : tensor<2xi32>} : () -> ()
// -----
// expected-error@+1 {{expected ']'}} at column 25
"t.a"() {a = dense<[1, 2> : tensor<2xi32>} : () -> ()
// -----
// expected-error@+1 {{expected ']'}} at column 22
"t.a"() {a = dense<[1 2]> : tensor<2xi32>} : () -> ()
// -----
// expected-error@+1 {{expected integer elements, but parsed floating-point}} at column 20
"t.a"() {a = dense<1.5> : tensor<2xi32>} : () -> ()
// -----
// expected-error@+1 {{expected floating-point elements, but parsed integer}} at column 38
"t.a"() {a = dense<1> : tensor<2xf32>} : () -> ()
// -----
// expected-error@+1 {{expected i1 type for 'true' or 'false' values}} at column 20
"t.a"() {a = dense<true> : tensor<2xi32>} : () -> ()
// -----
// expected-error@+1 {{integer constant out of range for type}} at column 20
"t.a"() {a = dense<300> : tensor<2xi8>} : () -> ()
// -----
// expected-error@+1 {{elements hex data size is invalid for provided type: 'tensor<2xi32>'}} at column 28
"t.a"() {a = dense<"0x01"> : tensor<2xi32>} : () -> ()
// -----
// expected-error@+1 {{expected string containing hex digits starting with `0x`}} at column 20
"t.a"() {a = dense<"0xZZ"> : tensor<1xi8>} : () -> ()
// -----
// expected-error@+1 {{expected string containing hex digits starting with `0x`}} at column 20
"t.a"() {a = dense<"01"> : tensor<1xi8>} : () -> ()
// -----
// expected-error@+1 {{expected element literal of primitive type}} at column 20
"t.a"() {a = dense<x> : tensor<1xi8>} : () -> ()
// -----
// expected-error@+1 {{parsed zero elements, but type ('tensor<1xi8>') expected at least 1}} at column 22
"t.a"() {a = dense<> : tensor<1xi8>} : () -> ()
// -----
// expected-error@+1 {{expected unsigned integer elements, but parsed negative value}} at column 21
"t.a"() {a = dense<-1> : tensor<1xui8>} : () -> ()
// -----
// expected-error@+1 {{expected ':'}} at column 22
"t.a"() {a = dense<1> tensor<1xi8>} : () -> ()
// -----
// expected-error@+1 {{expected element literal of primitive type}} at column 24
"t.a"() {a = dense<[1, ]> : tensor<1xi8>} : () -> ()
// -----
// expected-error@+1 {{expected '>'}} at column 21
"t.a"() {a = dense<1 : tensor<1xi8>} : () -> ()
