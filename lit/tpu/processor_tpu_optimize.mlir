// RUN: tpuc-opt %s --verify-roundtrip --processor-tpu-optimize | FileCheck %s

// The first convolution's rows of padding become an operation; both casts lose their scale.
// CHECK: %[[NONE:[0-9]+]] = "top.None"()
// CHECK: %[[IN:[0-9]+]] = "top.Input"(%arg0)
// CHECK: %[[SCALED:[0-9]+]] = "tpu.MulConst"(%[[IN]]) {const_val = 3.200000e+01 : f64, do_relu = false, multiplier = 1 : si32, relu_limit = -1.000000e+00 : f64, rshift = 0 : si32}{{.*}} loc(#[[MUL:loc[0-9]+]])
// CHECK-NEXT: %[[CAST:[0-9]+]] = "tpu.Cast"(%[[SCALED]]) {round_mode = #tpu<round_mode HalfAwayFromZero>, with_scale = false} : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8x!quant.uniform<i8:f32, 3.125000e-02>>
// CHECK: %[[PAD:[0-9]+]] = "tpu.Pad"(%[[CAST]], %[[NONE]], %[[NONE]], %[[NONE]], %[[NONE]]) {mode = #tpu<Pad_Mode constant>, paddings = [0, 0, 1, 0, 0, 0, 2, 0], val = 0.000000e+00 : f64, with_insert_zero = false} : {{.*}} -> tensor<1x3x11x8x!quant.uniform<i8:f32, 3.125000e-02>>
// CHECK-NEXT: "tpu.Conv2D"(%[[PAD]], {{.*}}pads = [0, 1, 0, 1]{{.*}}use_3ic_optimize = 1 : i64
// CHECK-NEXT: %[[BACK:[0-9]+]] = "tpu.Cast"({{.*}}with_scale = false
// CHECK-NEXT: "tpu.MulConst"(%[[BACK]]) {const_val = 6.250000e-02 : f64
// A scale of 1 needs no product.
// CHECK-NEXT: "tpu.Cast"(%{{.*}}) {{.*}}with_scale = true{{.*}} -> tensor<1x4x9x8x!quant.uniform<i8:f32, 1.000000e+00>>
// CHECK-DAG: #[[MUL]] = loc("in_i8_mul_scale")
// CHECK-DAG: loc("conv_f32_new_cast")
// CHECK-DAG: loc("conv_pad")
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "INT8", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x8x8xf32>) -> tensor<1x4x9x8x!quant.uniform<i8:f32, 1.000000e+00>> {
    %0 = "top.None"() : () -> none loc(unknown)
    %1 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8xf32> loc("in")
    %2 = "tpu.Cast"(%1) {round_mode = #tpu<round_mode HalfAwayFromZero>, with_scale = true} : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("in_i8")
    %3 = "top.Weight"() : () -> tensor<4x3x3x3xi8> loc("filter")
    %4 = "tpu.Conv2D"(%2, %3, %0) {coeff_merged = false, dilations = [1, 1], do_relu = false, do_winograd = false, dynweight_reorderd = false, group = 1 : i64, kernel_shape = [3, 3], kernel_zp = 0 : i64, pads = [1, 1, 2, 1], quant_mode = #tpu<rq_mode OnlyShift>, relu_limit = -1.000000e+00 : f64, round_mode = #tpu<round_mode HalfUp>, rshift = [8], strides = [1, 1], support_compress = true, use_3ic_optimize = 0 : i64, weight_is_coeff = 1 : i64, with_bias = false} : (tensor<1x3x8x8x!quant.uniform<i8:f32, 3.125000e-02>>, tensor<4x3x3x3xi8>, none) -> tensor<1x4x9x8x!quant.uniform<i8:f32, 6.250000e-02>> loc("conv")
    %5 = "tpu.Cast"(%4) {round_mode = #tpu<round_mode HalfAwayFromZero>, with_scale = true} : (tensor<1x4x9x8x!quant.uniform<i8:f32, 6.250000e-02>>) -> tensor<1x4x9x8xf32> loc("conv_f32")
    %6 = "tpu.Cast"(%5) {round_mode = #tpu<round_mode HalfAwayFromZero>, with_scale = true} : (tensor<1x4x9x8xf32>) -> tensor<1x4x9x8x!quant.uniform<i8:f32, 1.000000e+00>> loc("unit")
    return %6 : tensor<1x4x9x8x!quant.uniform<i8:f32, 1.000000e+00>>
  }
}
