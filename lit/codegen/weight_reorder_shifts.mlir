// A right shift for each channel: what is left beyond the lowest follows the filter in a word for each channel, and the bias has
// what makes two shifts round as one. A layer without bias gets one for that.
// RUN: tpuc-opt %s --verify-roundtrip --weight-reorder | FileCheck %s
// RUN: not tpuc-opt %s --address-assign --codegen="model_file=%t.bmodel" 2>&1 | FileCheck %s --check-prefix=ORDER
// ORDER: error: {{.*}}a filter without the shifts of its channels; run --weight-reorder first
// RUN: sed 's|\.\./inputs|%S/../inputs|; s/, 14\]/, 15]/' %s > %t.mlir
// RUN: not tpuc-opt %t.mlir --weight-reorder 2>&1 | FileCheck %s --check-prefix=SPREAD
// SPREAD: error: 'tpu.Conv2D' op {{.*}}channels with right shifts from 6 to 15; at most 8 apart are possible
// RUN: sed 's|\.\./inputs|%S/../inputs|; s/\[6, 6, 7, 8, 8, 7, 7, 14\]/[10, 10, 10, 10, 10, 10, 10, 17]/' %s > %t.mlir
// RUN: not tpuc-opt %t.mlir --weight-reorder 2>&1 | FileCheck %s --check-prefix=RANGE
// RANGE: error: 'tpu.Conv2D' op {{.*}}the bias {{.*}} of channel 7 with right shift 17 where the lowest is 10; -32768 to -32257 fit
// RUN: sed 's|\.\./inputs|%S/../inputs|; s/, 8, 7, 7, 14\]/]/' %s > %t.mlir
// RUN: not tpuc-opt %t.mlir --weight-reorder 2>&1 | FileCheck %s --check-prefix=COUNT
// COUNT: error: 'tpu.Conv2D' op {{.*}}4 right shifts for 8 channels

module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "INT8", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC", module.weight_file = "../inputs/weights.npz"} {
  func.func @main(%arg0: tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> (tensor<1x8x8x8x!quant.uniform<i8:f32, 3.125000e-02>>, tensor<1x8x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("in")
    %none = "top.None"() : () -> none
    %1 = "top.Weight"() : () -> tensor<8x4x1x1xi8> loc("conv_filter_int8")
    %2 = "top.Weight"() : () -> tensor<8xi16> loc("conv_bias_int16")
    // CHECK: %[[FILTER:.*]] = "top.Weight"() : () -> tensor<1x1x1x64xi8>
    // CHECK: %[[BIAS:.*]] = "top.Weight"() : () -> tensor<8xi16>
    // CHECK: "tpu.Conv2D"(%{{.*}}, %[[FILTER]], %[[BIAS]]) {coeff_merged = true{{.*}}rshift = [6, 6, 7, 8, 8, 7, 7, 14]
    %3 = "tpu.Conv2D"(%0, %1, %2) {coeff_merged = false, dilations = [1, 1], do_relu = false, do_winograd = false, dynweight_reorderd = false, group = 1 : i64, kernel_shape = [1, 1], kernel_zp = 0 : i64, pads = [0, 0, 0, 0], quant_mode = #tpu<rq_mode OnlyShift>, relu_limit = -1.000000e+00 : f64, round_mode = #tpu<round_mode HalfUp>, rshift = [6, 6, 7, 8, 8, 7, 7, 14], strides = [1, 1], support_compress = true, use_3ic_optimize = 0 : i64, weight_is_coeff = 1 : i64, with_bias = true} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>, tensor<8x4x1x1xi8>, tensor<8xi16>) -> tensor<1x8x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("conv")
    // CHECK: %[[ROUNDING:.*]] = "top.Weight"() : () -> tensor<8xi16> loc([[NAME:#loc[0-9]*]])
    // CHECK: "tpu.Conv2D"(%{{.*}}, %{{.*}}, %[[ROUNDING]]) {coeff_merged = true{{.*}}with_bias = true
    %4 = "tpu.Conv2D"(%0, %1, %none) {coeff_merged = false, dilations = [1, 1], do_relu = false, do_winograd = false, dynweight_reorderd = false, group = 1 : i64, kernel_shape = [1, 1], kernel_zp = 0 : i64, pads = [0, 0, 0, 0], quant_mode = #tpu<rq_mode OnlyShift>, relu_limit = -1.000000e+00 : f64, round_mode = #tpu<round_mode HalfUp>, rshift = [6, 6, 7, 8, 8, 7, 7, 14], strides = [1, 1], support_compress = true, use_3ic_optimize = 0 : i64, weight_is_coeff = 1 : i64, with_bias = false} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>, tensor<8x4x1x1xi8>, none) -> tensor<1x8x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("plain")
    return %3, %4 : tensor<1x8x8x8x!quant.uniform<i8:f32, 3.125000e-02>>, tensor<1x8x8x8x!quant.uniform<i8:f32, 3.125000e-02>>
  }
}
// CHECK: [[NAME]] = loc("plain_rounding")
