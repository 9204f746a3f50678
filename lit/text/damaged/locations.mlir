// RUN: tpuc-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect
// -----
// expected-error@+1 {{expected '(' in location}} at column 23
"t.a"() : () -> () loc
// -----
// expected-error@+1 {{expected location instance}} at column 24
"t.a"() : () -> () loc(
// -----
// expected-error@+1 {{expected location instance}} at column 24
"t.a"() : () -> () loc()
// -----
// expected-error@+1 {{expected location instance}} at column 24
"t.a"() : () -> () loc(nowhere)
// -----
// expected-error@+1 {{expected ')' in location}} at column 31
"t.a"() : () -> () loc(unknown
// -----
// expected-error@+1 {{expected ')' in location}} at column 27
"t.a"() : () -> () loc("a"
// -----
// expected-error@+1 {{expected ':' in FileLineColLoc}} at column 29
"t.a"() : () -> () loc("a":1)
// -----
// expected-error@+1 {{expected integer column number in FileLineColLoc}} at column 30
"t.a"() : () -> () loc("a":1:)
// -----
// expected-error@+1 {{expected integer line number in FileLineColLoc}} at column 28
"t.a"() : () -> () loc("a":x:1)
// -----
// expected-error@+1 {{expected integer line number in FileLineColLoc}} at column 28
"t.a"() : () -> () loc("a":-1:1)
// -----
// expected-error@+1 {{expected ')' in location}} at column 36
"t.a"() : () -> () loc("a"(unknown)
// -----
// expected-error@+1 {{expected location instance}} at column 28
"t.a"() : () -> () loc("a"())
// -----
// expected-error@+1 {{expected '[' in fused location}} at column 29
"t.a"() : () -> () loc(fused)
// -----
// expected-error@+1 {{expected ']' in fused location}} at column 33
"t.a"() : () -> () loc(fused["a")
// -----
// expected-error@+1 {{expected location instance}} at column 34
"t.a"() : () -> () loc(fused["a",])
// -----
// expected-error@+1 {{expected '>' after fused location metadata}} at column 35
"t.a"() : () -> () loc(fused<["a"])
// -----
// expected-error@+1 {{expected attribute value}} at column 30
"t.a"() : () -> () loc(fused<>["a"])
// -----
// expected-error@+1 {{expected 'at' in callsite location}} at column 36
"t.a"() : () -> () loc(callsite("a"))
// -----
// expected-error@+1 {{expected 'at' in callsite location}} at column 36
"t.a"() : () -> () loc(callsite("a" "b"))
// -----
// expected-error@+1 {{expected location instance}} at column 39
"t.a"() : () -> () loc(callsite("a" at ))
// -----
// expected-error@+1 {{expected ')' in location}} at column 44
"t.a"() : () -> () loc(callsite("a" at "b")
// -----
// expected-error@+1 {{operation location alias was never defined}} at column 24
"t.a"() : () -> () loc(#loc7)
// -----
// expected-error@+1 {{invalid attribute name}} at column 24
"t.a"() : () -> () loc(#)
// -----
// expected-error@+1 {{expected location instance}} at column 13
#loc1 = loc()
// expected-error@+1 {{operation location alias was never defined}}
"t.a"() : () -> () loc(#loc1)
// -----
// expected-error@+1 {{expected '"' in string literal}} at column 15
#loc1 = loc("a
// expected-error@+1 {{operation location alias was never defined}}
"t.a"() : () -> () loc(#loc1)
// -----
#loc1 = 3
// expected-error@+1 {{expected location, but found '3 : i64'}} at column 24
"t.a"() : () -> () loc(#loc1)
// -----
// expected-error@+1 {{expected location instance}} at column 24
"t.a"() : () -> () loc(3)
// -----
// expected-error@+1 {{expected integer line number in FileLineColLoc}} at column 28
"t.a"() : () -> () loc("a":99999999999:1)
// -----
// expected-error@+1 {{custom op 'loc' is unknown (tried 'builtin.loc' as well)}} at column 29
"t.a"() : () -> () loc("a") loc("b")
// -----
// expected-error@+1 {{expected location instance}} at column 18
"t.a"() {a = loc(} : () -> ()
// -----
#loc1 = loc("a")
// expected-error@+1 {{redefinition of attribute alias id 'loc1'}} at column 1
#loc1 = loc("b")
