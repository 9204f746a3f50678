// RUN: tpuc-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{unregistered operation 'top.Conf'; did you mean top.Conv}}
"top.Conf"() : () -> ()

// -----

func.func @f(%arg0: tensor<1x3x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Conv' op expects 2 or 3 operands, found 1}}
  %0 = "top.Conv"(%arg0) {kernel_shape = [1, 1], pads = [0, 0, 0, 0], strides = [1, 1]} : (tensor<1x3x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x3x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Conv' op requires attribute 'strides'}}
  %0 = "top.Conv"(%arg0, %arg0) {kernel_shape = [1, 1], pads = [0, 0, 0, 0]} : (tensor<1x3x8x8xf32>, tensor<1x3x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1xf32>) -> tensor<1xf32> {
  // expected-error@+1 {{'top.Relu' op attribute 'relu_limit' failed to satisfy constraint: 64-bit float attribute}}
  %0 = "top.Relu"(%arg0) {relu_limit = "high"} : (tensor<1xf32>) -> tensor<1xf32>
  return %0 : tensor<1xf32>
}

// -----

func.func @f(%arg0: tensor<1xf32>) -> tensor<1xf32> {
  // expected-error@+1 {{'top.Relu' op operand #0 does not dominate this use}}
  %0 = "top.Relu"(%1) {relu_limit = -1.0 : f64} : (tensor<1xf32>) -> tensor<1xf32>
  // expected-note@+1 {{operand defined here}}
  %1 = "top.Relu"(%arg0) {relu_limit = -1.0 : f64} : (tensor<1xf32>) -> tensor<1xf32>
  return %0 : tensor<1xf32>
}

// -----

func.func @f() {
  // expected-error@+1 {{'func.return' op must be the last operation in the parent block}}
  return
  return
}
