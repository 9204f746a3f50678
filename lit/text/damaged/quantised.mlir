// RUN: tpuc-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect
// -----
// expected-error@+1 {{undefined symbol alias id 'quant'}} at column 20
"t.a"() {a = !quant} : () -> ()
// -----
// expected-error@+1 {{expected three consecutive dots for an ellipsis}} at column 21
"t.a"() {a = !quant.} : () -> ()
// -----
// expected-error@+1 {{unknown quantized type unifrm}} at column 21
"t.a"() {a = !quant.unifrm<i8:f32, 1.0>} : () -> ()
// -----
// expected-error@+1 {{expected '<'}} at column 28
"t.a"() {a = !quant.uniform} : () -> ()
// -----
// expected-error@+1 {{expected valid keyword}} at column 29
"t.a"() {a = !quant.uniform<>} : () -> ()
// -----
// expected-error@+1 {{expected ':'}} at column 31
"t.a"() {a = !quant.uniform<i8>} : () -> ()
// -----
// expected-error@+1 {{expected ','}} at column 35
"t.a"() {a = !quant.uniform<i8:f32>} : () -> ()
// -----
// expected-error@+1 {{expected floating point literal}} at column 37
"t.a"() {a = !quant.uniform<i8:f32, >} : () -> ()
// -----
// expected-error@+2 {{unexpected decimal integer literal for a floating point value}} at column 37
// expected-note@+1 {{add a trailing dot to make the literal a float}}
"t.a"() {a = !quant.uniform<i8:f32, 1>} : () -> ()
// -----
// expected-error@+1 {{expected floating point literal}} at column 37
"t.a"() {a = !quant.uniform<i8:f32, x>} : () -> ()
// -----
// expected-error@+1 {{expected integer value}} at column 41
"t.a"() {a = !quant.uniform<i8:f32, 1.0:x>} : () -> ()
// -----
// expected-error@+1 {{expected integer value}} at column 41
"t.a"() {a = !quant.uniform<i8:f32, 1.0:>} : () -> ()
// -----
// expected-error@+1 {{unbalanced '<' character in pretty dialect name}} at column 28
"t.a"() {a = !quant.uniform<i8:f32, 1.0} : () -> ()
// -----
// expected-error@+1 {{expected ':'}} at column 31
"t.a"() {a = !quant.uniform<i8, f32, 1.0>} : () -> ()
// -----
// expected-error@+1 {{illegal storage type size: 33}} at column 29
"t.a"() {a = !quant.uniform<i33:f32, 1.0>} : () -> ()
// -----
// expected-error@+1 {{illegal storage type prefix}} at column 29
"t.a"() {a = !quant.uniform<x8:f32, 1.0>} : () -> ()
// -----
// expected-error@+1 {{illegal storage min and storage max: (1:0)}} at column 21
"t.a"() {a = !quant.uniform<i8<1:0>:f32, 1.0>} : () -> ()
// -----
// expected-error@+1 {{illegal storage type minimum: -129}} at column 32
"t.a"() {a = !quant.uniform<i8<-129:127>:f32, 1.0>} : () -> ()
// -----
// expected-error@+1 {{expected ':'}} at column 36
"t.a"() {a = !quant.uniform<i8<-127>:f32, 1.0>} : () -> ()
// -----
// expected-error@+1 {{invalid kind of type specified}} at column 32
"t.a"() {a = !quant.uniform<i8:i32, 1.0>} : () -> ()
// -----
// expected-error@+1 {{expected floating point literal}} at column 40
"t.a"() {a = !quant.uniform<i8:f32:1, {}>} : () -> ()
// -----
// expected-error@+1 {{expected floating point literal}} at column 44
"t.a"() {a = !quant.uniform<i8:f32:1, {1.0,}>} : () -> ()
// -----
// expected-error@+1 {{expected '{'}} at column 38
"t.a"() {a = !quant.uniform<i8:f32:1, 1.0>} : () -> ()
// -----
// expected-error@+1 {{unbalanced '{' character in pretty dialect name}} at column 28
"t.a"() {a = !quant.uniform<i8:f32:1, {1.0>} : () -> ()
// -----
// expected-error@+1 {{expected '<'}} at column 35
"t.a"() {a = !quant.calibrated<f32>} : () -> ()
// -----
// expected-error@+1 {{expected ':'}} at column 39
"t.a"() {a = !quant.calibrated<f32<0.0>>} : () -> ()
// -----
// expected-error@+1 {{illegal min and max: (1.000000e+00:0.000000e+00)}} at column 21
"t.a"() {a = !quant.calibrated<f32<1.0:0.0>>} : () -> ()
// -----
// expected-error@+2 {{unexpected decimal integer literal for a floating point value}} at column 36
// expected-note@+1 {{add a trailing dot to make the literal a float}}
"t.a"() {a = !quant.calibrated<f32<0:1>>} : () -> ()
// -----
// expected-error@+1 {{invalid kind of type specified}} at column 32
"t.a"() {a = !quant.calibrated<i8<0.0:1.0>>} : () -> ()
// -----
// expected-error@+1 {{unbalanced '<' character in pretty dialect name}} at column 31
"t.a"() {a = !quant.calibrated<f32<0.0:1.0>} : () -> ()
// -----
// expected-error@+1 {{expected non-function type}} at column 32
"t.a"() {a = !quant.calibrated<<0.0:1.0>>} : () -> ()
// -----
// expected-error@+1 {{illegal scale: 0.000000e+00}} at column 21
"t.a"() {a = !quant.uniform<u8:f32, 0.0>} : () -> ()
// -----
// expected-error@+1 {{illegal scale: -1.000000e+00}} at column 21
"t.a"() {a = !quant.uniform<i8:f32, -1.0>} : () -> ()
