// RUN: tpuc-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect
// -----
// expected-error@+1 {{expected '<' in tensor type}} at column 28
%0 = "t.a"() : () -> tensor
// -----
// expected-error@+1 {{expected non-function type}} at column 29
%0 = "t.a"() : () -> tensor<
// -----
// expected-error@+1 {{expected non-function type}} at column 29
%0 = "t.a"() : () -> tensor<>
// -----
// expected-error@+1 {{expected 'x' in dimension list}} at column 30
%0 = "t.a"() : () -> tensor<2>
// -----
// expected-error@+1 {{expected non-function type}} at column 31
%0 = "t.a"() : () -> tensor<2x>
// -----
// expected-error@+1 {{expected '>' in tensor type}} at column 34
%0 = "t.a"() : () -> tensor<2xf32
// -----
// expected-error@+1 {{expected 'x' in dimension list}} at column 30
%0 = "t.a"() : () -> tensor<2,3xf32>
// -----
// expected-error@+1 {{expected non-function type}} at column 31
%0 = "t.a"() : () -> tensor<2xx3xf32>
// -----
// expected-error@+1 {{expected non-function type}} at column 29
%0 = "t.a"() : () -> tensor<xf32>
// -----
// expected-error@+1 {{expected non-function type}} at column 29
%0 = "t.a"() : () -> tensor<-1xf32>
// -----
// expected-error@+1 {{expected 'x' in dimension list}} at column 30
%0 = "t.a"() : () -> tensor<2*f32>
// -----
// expected-error@+1 {{expected 'x' in dimension list}} at column 30
%0 = "t.a"() : () -> tensor<*f32>
// -----
// expected-error@+1 {{cannot apply encoding to unranked tensor}} at column 44
%0 = "t.a"() : () -> tensor<*xf32, 1 : i64>
// -----
// expected-error@+1 {{invalid tensor element type}} at column 31
%0 = "t.a"() : () -> tensor<2xnone>
// -----
// expected-error@+1 {{invalid tensor element type}} at column 31
%0 = "t.a"() : () -> tensor<2xtensor<2xf32>>
// -----
// expected-error@+1 {{expected attribute value}} at column 35
%0 = "t.a"() : () -> tensor<2xf32, >
// -----
// expected-error@+1 {{expected '>' in tensor type}} at column 34
%0 = "t.a"() : () -> tensor<2xf32 4 : i64>
// -----
// expected-error@+1 {{expected non-function type}} at column 31
%0 = "t.a"() : () -> tensor<2xf33>
// -----
// expected-error@+1 {{invalid dimension}} at column 29
%0 = "t.a"() : () -> tensor<99999999999999999999xf32>
// -----
// expected-error@+1 {{expected non-function type}} at column 31
%0 = "t.a"() : () -> tensor<2x(f32)>
// -----
// expected-error@+1 {{expected non-function type}} at column 21
%0 = "t.a"() : () -> tensr<2xf32>
// -----
// expected-error@+1 {{expected non-function type}} at column 21
%0 = "t.a"() : () -> i
// -----
// expected-error@+1 {{expected non-function type}} at column 21
%0 = "t.a"() : () -> si
// -----
// expected-error@+1 {{expected non-function type}} at column 21
%0 = "t.a"() : () -> f31
// -----
// expected-error@+1 {{expected non-function type}} at column 21
%0 = "t.a"() : () -> non
// -----
// expected-error@+1 {{expected operation name in quotes}} at column 24
%0 = "t.a"() : () -> ()()
// -----
// expected-error@+1 {{expected operation name in quotes}} at column 24
%0 = "t.a"() : () -> () -> f32
// -----
// expected-error@+1 {{expected ')'}} at column 32
%0 = "t.a"() : () -> (() -> f32
// -----
// expected-error@+1 {{expected '>' in tensor type}} at column 43
%0 = "t.a"() : () -> tensor<2xf32, 5 : i64, 6 : i64>
