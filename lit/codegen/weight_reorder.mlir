// RUN: tpuc-opt %s --verify-roundtrip --weight-reorder | FileCheck %s

module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "INT8", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC", module.weight_file = "../inputs/weights.npz"} {
  func.func @main(%arg0: tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x8x8x8x!quant.uniform<i8:f32, 3.125000e-02>> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>) -> tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("in")
    // Four input channels of a filter element stand together.
    // CHECK: "top.Weight"() : () -> tensor<1x8x1x4xi8> loc([[FILTER:#loc[0-9]+]])
    %1 = "top.Weight"() : () -> tensor<8x4x1x1xi8> loc("conv_filter_int8")
    // CHECK: "top.Weight"() : () -> tensor<8xi16>
    %2 = "top.Weight"() : () -> tensor<8xi16> loc("conv_bias_int16")
    %3 = "tpu.Conv2D"(%0, %1, %2) {coeff_merged = false, dilations = [1, 1], do_relu = false, do_winograd = false, dynweight_reorderd = false, group = 1 : i64, kernel_shape = [1, 1], kernel_zp = 0 : i64, pads = [0, 0, 0, 0], quant_mode = #tpu<rq_mode OnlyShift>, relu_limit = -1.000000e+00 : f64, round_mode = #tpu<round_mode HalfUp>, rshift = [6], strides = [1, 1], support_compress = true, use_3ic_optimize = 0 : i64, weight_is_coeff = 1 : i64, with_bias = true} : (tensor<1x4x8x8x!quant.uniform<i8:f32, 3.125000e-02>>, tensor<8x4x1x1xi8>, tensor<8xi16>) -> tensor<1x8x8x8x!quant.uniform<i8:f32, 3.125000e-02>> loc("conv")
    return %3 : tensor<1x8x8x8x!quant.uniform<i8:f32, 3.125000e-02>>
  }
}
// CHECK: [[FILTER]] = loc("conv_filter_int8_reorderd")
