// RUN: tpuc-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect

func.func @undeclared() {
  // expected-error@+1 {{use of undeclared SSA value name}}
  "t.use"(%x) : (f32) -> ()
  // expected-error@+1 {{use of undeclared SSA value name}}
  "t.use"(%y) : (f32) -> ()
  return
}

// -----

// expected-note@+1 {{previously defined here}}
%a = "t.a"() : () -> f32
// expected-error@+1 {{redefinition of SSA value '%a'}}
%a = "t.a"() : () -> f32

// -----

// expected-note@+1 {{prior use here}}
%a = "t.a"() : () -> f32
// expected-error@+1 {{use of value '%a' expects different type than prior uses: 'i32' vs 'f32'}}
"t.use"(%a) : (i32) -> ()

// -----

// expected-error@+1 {{expected 2 operand types but had 1}}
"t.use"(%a, %b) : (f32) -> ()

// -----

// expected-note@+1 {{defined here}}
%a:2 = "t.a"() : () -> (f32, f32)
// expected-error@+1 {{reference to invalid result number}}
"t.use"(%a#2) : (f32) -> ()

// -----

// expected-error@+1 {{operation defines 2 results but was provided 1 to bind}}
%a = "t.a"() : () -> (f32, f32)

// -----

// expected-error@+1 {{cannot name an operation with no results}}
%a = "t.a"() : () -> ()

// -----

// Several syntax errors in one run, one for each line.
module {
  // expected-error@+1 {{expected attribute value}}
  "t.a"() {a = } : () -> ()
  "t.b"() : () -> ()
  // expected-error@+1 {{expected non-function type}}
  "t.c"() : () -> 3
  // expected-error@+1 {{Dialect `foo' not found for custom op 'foo.bar'}}
  foo.bar
}

// -----

// expected-error@+1 {{expected '"' in string literal}}
"t.a

// -----

// expected-error@+1 {{unexpected character}}
"t.a"() & : () -> ()

// -----

// expected-error@+1 {{duplicate key 'a' in dictionary attribute}}
"t.a"() {a = 1, b = 2, a = 3} : () -> ()

// -----

// expected-error@+1 {{operation location alias was never defined}}
"t.a"() : () -> () loc(#loc7)

// -----

// expected-error@+1 {{undefined symbol alias id 'x'}}
"t.a"() {a = #x} : () -> ()

// -----

// expected-error@+1 {{integer constant out of range for attribute}}
"t.a"() {a = 300 : i8} : () -> ()

// -----

// expected-error@+1 {{negative integer literal not valid for unsigned integer type}}
"t.a"() {a = -1 : ui8} : () -> ()

// -----

// expected-error@+1 {{floating point value not valid for specified type}}
"t.a"() {a = 1.5 : i32} : () -> ()

// -----

// expected-error@+2 {{unexpected decimal integer literal for a floating point value}}
// expected-note@+1 {{add a trailing dot to make the literal a float}}
"t.a"() {a = 1 : f32} : () -> ()

// -----

// expected-error@+1 {{hexadecimal float constant out of range for type}}
"t.a"() {a = 0x1FFFF : f16} : () -> ()

// -----

// expected-error@+1 {{does not match type}}
"t.a"() {a = dense<[1, 2, 3]> : tensor<2xi32>} : () -> ()

// -----

// expected-error@+1 {{ranks are not consistent between elements}}
"t.a"() {a = dense<[[1, 2], 3]> : tensor<2x2xi32>} : () -> ()

// -----

// expected-error@+1 {{elements hex data size is invalid for provided type}}
"t.a"() {a = dense<"0x0102"> : tensor<2xi32>} : () -> ()

// -----

// expected-error@+1 {{elements literal type must have static shape}}
"t.a"() {a = dense<1> : tensor<?xi32>} : () -> ()

// -----

// expected-error@+1 {{illegal storage min and storage max: (1:0)}}
"t.a"() {a = !quant.uniform<u8<1:0>:f32, 1.0>} : () -> ()

// -----

// expected-error@+1 {{illegal storage type prefix}}
"t.a"() {a = !quant.uniform<x8:f32, 1.0>} : () -> ()

// -----

// expected-error@+1 {{invalid tensor element type}}
"t.a"() {a = tensor<2xnone>} : () -> ()

// -----

// expected-error@+1 {{cannot apply encoding to unranked tensor}}
"t.a"() {a = tensor<*xf32, 1 : i64>} : () -> ()

// -----

// expected-error@+1 {{unbalanced '(' character in pretty dialect name}}
"t.a"() {a = #x.y<(>)} : () -> ()

// -----

// expected-error@+1 {{successors are not supported}}
"t.a"() [^bb0] : () -> ()

// -----

"t.a"() ({
// expected-note@+1 {{previously defined here}}
^bb0:
  "t.b"() : () -> ()
// expected-error@+1 {{redefinition of block '^bb0'}}
^bb0:
  "t.b"() : () -> ()
}) : () -> ()

// -----

module {
  // expected-error@+1 {{expected operation name in quotes}}
  "t.a"() : () -> ()
