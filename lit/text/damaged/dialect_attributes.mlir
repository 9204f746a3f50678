// RUN: tpuc-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect
// -----
// expected-error@+1 {{undefined symbol alias id 'tpu'}} at column 18
"t.a"() {a = #tpu} : () -> ()
// -----
// expected-error@+1 {{unbalanced '<' character in pretty dialect name}} at column 18
"t.a"() {a = #tpu<} : () -> ()
// -----
// expected-error@+1 {{expected valid keyword}} at column 19
"t.a"() {a = #tpu<>} : () -> ()
// -----
// expected-error@+1 {{expected valid keyword}} at column 29
"t.a"() {a = #tpu<round_mode>} : () -> ()
// -----
// expected-error@+1 {{unbalanced '<' character in pretty dialect name}} at column 18
"t.a"() {a = #tpu<round_mode HalfUp} : () -> ()
// -----
// expected-error@+1 {{expected valid keyword}} at column 19
"t.a"() {a = #tpu<3>} : () -> ()
// -----
// expected-error@+1 {{expected '<'}} at column 21
"t.a"() {a = #tpu.lg} : () -> ()
// -----
// expected-error@+1 {{expected '='}} at column 30
"t.a"() {a = #tpu.lg<out_addr>} : () -> ()
// -----
// expected-error@+1 {{expected integer value}} at column 33
"t.a"() {a = #tpu.lg<out_addr = >} : () -> ()
// -----
// expected-error@+1 {{expected integer value}} at column 33
"t.a"() {a = #tpu.lg<out_addr = x>} : () -> ()
// -----
// expected-error@+1 {{duplicate or unknown struct parameter name: nonsense}} at column 47
"t.a"() {a = #tpu.lg<out_addr = 1, nonsense = 2>} : () -> ()
// -----
// expected-error@+1 {{expected ','}} at column 34
"t.a"() {a = #tpu.lg<out_addr = 1 out_size = 2>} : () -> ()
// -----
// expected-error@+1 {{expected integer value}} at column 34
"t.a"() {a = #tpu.lg<n_idx = [0, ]>} : () -> ()
// -----
// expected-error@+1 {{unbalanced '(' character in pretty dialect name}} at column 18
"t.a"() {a = #x.y<(>)} : () -> ()
// -----
// expected-error@+1 {{unbalanced '[' character in pretty dialect name}} at column 18
"t.a"() {a = #x.y<[1>} : () -> ()
// -----
// expected-error@+1 {{invalid attribute name}} at column 14
"t.a"() {a = #} : () -> ()
// -----
// expected-error@+1 {{invalid type identifier}} at column 14
"t.a"() {a = !} : () -> ()
// -----
// expected-error@+1 {{undefined symbol alias id 'nope'}} at column 19
"t.a"() {a = #nope} : () -> ()
// -----
// expected-error@+1 {{undefined symbol alias id 'nope'}} at column 19
"t.a"() {a = !nope} : () -> ()
// -----
// expected-error@+1 {{expected attribute value}} at column 5
#a = 
// expected-error@+1 {{undefined symbol alias id 'a'}}
"t.a"() {a = #a} : () -> ()
// -----
// expected-error@+1 {{expected '=' in attribute alias definition}} at column 3
#a 1
// expected-error@+1 {{undefined symbol alias id 'a'}}
"t.a"() {a = #a} : () -> ()
// -----
#a = 1
// expected-error@+1 {{redefinition of attribute alias id 'a'}} at column 1
#a = 2
// -----
!t = i32
// expected-error@+1 {{redefinition of type alias id 't'}} at column 1
!t = i64
// -----
// expected-error@+1 {{expected non-function type}} at column 5
!t = 3
// -----
// expected-error@+1 {{attribute names with a '.' are reserved for dialect-defined names}} at column 1
#a.b = 1
// -----
// expected-error@+1 {{expected ',' or ']'}} at column 8
#a = [1
"t.a"() : () -> ()
// -----
// expected-error@+1 {{expected integer value}} at column 98
"t.a"() {a = #tpu.lg<out_addr = 0, out_size = 4096, buffer_addr = 0, buffer_size = 0, eu_align = maybe>} : () -> ()
