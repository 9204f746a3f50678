// RUN: tpuc-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect
// -----
// expected-error@+1 {{expected non-function type}} at column 17
"t.a"() {a = 1 : } : () -> ()
// -----
// expected-error@+1 {{expected constant integer or floating point value}} at column 15
"t.a"() {a = - : i32} : () -> ()
// -----
// expected-error@+1 {{integer constant out of range for attribute}} at column 14
"t.a"() {a = 300 : i8} : () -> ()
// -----
// expected-error@+1 {{integer constant out of range for attribute}} at column 15
"t.a"() {a = -129 : i8} : () -> ()
// -----
// expected-error@+1 {{negative integer literal not valid for unsigned integer type}} at column 15
"t.a"() {a = -1 : ui8} : () -> ()
// -----
// expected-error@+1 {{integer constant out of range for attribute}} at column 14
"t.a"() {a = 128 : si8} : () -> ()
// -----
// expected-error@+2 {{unexpected decimal integer literal for a floating point value}} at column 14
// expected-note@+1 {{add a trailing dot to make the literal a float}}
"t.a"() {a = 1 : f32} : () -> ()
// -----
// expected-error@+1 {{floating point value not valid for specified type}} at column 23
"t.a"() {a = 1.5 : i32} : () -> ()
// -----
// expected-error@+1 {{integer constant out of range for attribute}} at column 14
"t.a"() {a = 99999999999999999999} : () -> ()
// -----
// expected-error@+1 {{expected '}' in attribute dictionary}} at column 15
"t.a"() {a = 1e5} : () -> ()
// -----
// expected-error@+1 {{expected '}' in attribute dictionary}} at column 17
"t.a"() {a = 1.5e : f32} : () -> ()
// -----
// expected-error@+1 {{expected three consecutive dots for an ellipsis}} at column 15
"t.a"() {a = .5 : f32} : () -> ()
// -----
// expected-error@+1 {{expected '}' in attribute dictionary}} at column 15
"t.a"() {a = 0x : i32} : () -> ()
// -----
// expected-error@+1 {{expected '}' in attribute dictionary}} at column 15
"t.a"() {a = 0xZZ : i32} : () -> ()
// -----
// expected-error@+1 {{hexadecimal float constant out of range for type}} at column 14
"t.a"() {a = 0x1FFFFFFFF : f32} : () -> ()
// -----
// expected-error@+1 {{hexadecimal float constant out of range for type}} at column 14
"t.a"() {a = 0x1FFFF : f16} : () -> ()
// -----
// expected-error@+1 {{hexadecimal float literal should not have a leading minus}} at column 15
"t.a"() {a = -0x7FC00000 : f32} : () -> ()
// -----
// expected-error@+1 {{integer literal not valid for specified type}} at column 14
"t.a"() {a = 1 : tensor<2xi32>} : () -> ()
// -----
// expected-error@+1 {{floating point value not valid for specified type}} at column 25
"t.a"() {a = 1.0 : index} : () -> ()
// -----
// expected-error@+1 {{integer literal not valid for specified type}} at column 14
"t.a"() {a = 1 : none} : () -> ()
// -----
// expected-error@+1 {{expected non-function type}} at column 17
"t.a"() {a = 1 : i0x} : () -> ()
// -----
// expected-error@+1 {{expected '}' in attribute dictionary}} at column 18
"t.a"() {a = true : i32} : () -> ()
// -----
// expected-error@+1 {{integer constant out of range for attribute}} at column 14
"t.a"() {a = 2 : i1} : () -> ()
// -----
// expected-error@+1 {{floating point value not valid for specified type}} at column 22
"t.a"() {a = 1.0 : i1} : () -> ()
// -----
// expected-error@+1 {{expected attribute value}} at column 13
"t.a"() {a = +1} : () -> ()
// -----
// expected-error@+1 {{integer bitwidth is limited to 16777215 bits}} at column 18
"t.a"() {a = 1 : i16777216} : () -> ()
// -----
// expected-error@+1 {{expected non-function type}} at column 19
"t.a"() {a = 1.0 : f8E4M3} : () -> ()
// -----
// expected-error@+1 {{expected non-function type}} at column 19
"t.a"() {a = 1.0 : f33} : () -> ()
// -----
// expected-error@+1 {{hexadecimal float constant out of range for type}} at column 14
"t.a"() {a = 0x1FF : f8E5M2} : () -> ()
// -----
// expected-error@+2 {{unexpected decimal integer literal for a floating point value}} at column 14
// expected-note@+1 {{add a trailing dot to make the literal a float}}
"t.a"() {a = 1 : bf16} : () -> ()
