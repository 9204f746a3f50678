// RUN: tpuc-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect
// -----
// expected-error@+1 {{expected '{' to begin a region}} at column 7
module
// -----
// expected-error@+1 {{expected operation name in quotes}} at column 9
module {
// -----
// expected-error@+1 {{expected '{' to begin a region}} at column 7
module }
// -----
// expected-error@+1 {{@ identifier expected to start with letter or '_'}} at column 9
module @ {}
// -----
// expected-error@+1 {{@ identifier expected to start with letter or '_'}} at column 9
module @1 {}
// -----
// expected-error@+1 {{expected '{' to begin a region}} at column 21
module attributes {}
// -----
// expected-error@+1 {{expected attribute value}} at column 23
module attributes {a = } {}
// -----
// expected-error@+1 {{expected '{' in attribute dictionary}} at column 18
module attributes a {}
// -----
// expected-error@+1 {{expected '{' to begin a region}} at column 7
module "name" {}
// -----
// expected-error@+1 {{expected '{' to begin a region}} at column 10
module @a @b {}
// -----
// expected-error@+1 {{expected operation name in quotes}} at column 10
module {} }
// -----
// expected-error@+1 {{duplicate key 'a' in dictionary attribute}} at column 30
module @a attributes {a = 1, a = 2} {}
// -----
// expected-error@+1 {{custom op 'modul' is unknown (tried 'builtin.modul' as well)}} at column 1
modul {}
// -----
// expected-error@+1 {{expected '{' to begin a region}} at column 7
module (%a: f32) {}
// -----
module {
  module {
// expected-error@+1 {{expected operation name in quotes}} at column 2
}
// -----
module {
// expected-error@+1 {{expected location instance}} at column 7
} loc(
