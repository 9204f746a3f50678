// RUN: tpuc-opt %s --split-input-file --verify-diagnostics

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<8x16x3x3xf32>, %arg2: none) -> tensor<1x16x8x8xf32> {
  // expected-error@+1 {{'tpu.Conv2D' op expects 1 to 3 spatial dimensions, found 4}}
  %0 = "tpu.Conv2D"(%arg0, %arg1, %arg2) {kernel_shape = [1, 1, 1, 1], pads = [0, 0, 0, 0, 0, 0, 0, 0], strides = [1, 1, 1, 1], with_bias = false} : (tensor<1x16x8x8xf32>, tensor<8x16x3x3xf32>, none) -> tensor<1x16x8x8xf32>
  return %0 : tensor<1x16x8x8xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<8x16x3x3xf32>, %arg2: none) -> tensor<1x16x8x8xf32> {
  // expected-error@+1 {{'tpu.Conv2D' op expects 2 values in 'strides', found 1}}
  %0 = "tpu.Conv2D"(%arg0, %arg1, %arg2) {kernel_shape = [3, 3], pads = [0, 0, 0, 0], strides = [1], with_bias = false} : (tensor<1x16x8x8xf32>, tensor<8x16x3x3xf32>, none) -> tensor<1x16x8x8xf32>
  return %0 : tensor<1x16x8x8xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<8x16x3x3xf32>, %arg2: none) -> tensor<1x16x8x8xf32> {
  // expected-error@+1 {{'tpu.Deconv' op expects a positive 'group', found 0}}
  %0 = "tpu.Deconv"(%arg0, %arg1, %arg2) {group = 0 : i64, kernel_shape = [3, 3], pads = [0, 0, 0, 0], strides = [1, 1], with_bias = false} : (tensor<1x16x8x8xf32>, tensor<8x16x3x3xf32>, none) -> tensor<1x16x8x8xf32>
  return %0 : tensor<1x16x8x8xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> {
  // expected-error@+1 {{'tpu.Pool2D' op expects 4 values in 'pads', found 2}}
  %0 = "tpu.Pool2D"(%arg0) {kernel_shape = [3, 3], pads = [0, 0], pool_mode = #tpu<pool_mode Max>, strides = [1, 1]} : (tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32>
  return %0 : tensor<1x16x8x8xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: none) -> tensor<1x16x8x8xf32> {
  // expected-error@+1 {{'tpu.Permute' op expects 'order' to be a permutation, found [0, 0, 1, 2]}}
  %0 = "tpu.Permute"(%arg0, %arg1) {order = [0, 0, 1, 2]} : (tensor<1x16x8x8xf32>, none) -> tensor<1x16x8x8xf32>
  return %0 : tensor<1x16x8x8xf32>
}

// -----

func.func @f(%arg0: tensor<*xf32>) -> tensor<1x16x8x8xf32> {
  // expected-error@+1 {{'tpu.Relu' op operand #0 must be ranked tensor of any type values, but got 'tensor<*xf32>'}}
  %0 = "tpu.Relu"(%arg0) : (tensor<*xf32>) -> tensor<1x16x8x8xf32>
  return %0 : tensor<1x16x8x8xf32>
}

// -----

func.func @f(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'tpu.Group' op expects a body that ends in 'tpu.Yield'}}
  %0 = "tpu.Group"(%arg0) ({
    %1 = "top.None"() : () -> none
  }) {csecs = 1 : i64, dsecs = 1 : i64, group_type = 0 : i64, hsecs = 1 : i64, nsecs = 1 : i64, swpipl_stage_num = 1 : i64, wsecs = 1 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @f(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'tpu.Group' op expects its body to yield 1 values, found 0}}
  %0 = "tpu.Group"(%arg0) ({
    "tpu.Yield"() : () -> ()
  }) {csecs = 1 : i64, dsecs = 1 : i64, group_type = 0 : i64, hsecs = 1 : i64, nsecs = 1 : i64, swpipl_stage_num = 1 : i64, wsecs = 1 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @f() {
  // expected-error@+1 {{'tpu.Group' op requires 1 region, found 0}}
  "tpu.Group"() {csecs = 1 : i64, dsecs = 1 : i64, group_type = 0 : i64, hsecs = 1 : i64, nsecs = 1 : i64, swpipl_stage_num = 1 : i64, wsecs = 1 : i64} : () -> ()
  return
}
