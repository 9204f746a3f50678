// RUN: tpuc-opt %s --verify-roundtrip --convert-top-to-tpu="weightFileName=lowered.npz" | FileCheck %s
// A right shift for each channel: as many bits as its largest weight leaves.
// RUN: tpuc-opt %s --verify-roundtrip --convert-top-to-tpu="per_channel=true" | FileCheck %s --check-prefix=CHANNELS
// CHANNELS: "tpu.Conv2D"{{.*}}quant_mode = #tpu<rq_mode OnlyShift>{{.*}}rshift = [6, 6, 7, 8, 8, 7, 7, 6]
// RUN: tpuc-opt %s --convert-top-to-tpu="conv_group=2" | FileCheck %s --check-prefix=GROUPS
// GROUPS: "tpu.Conv2D"{{.*}}rshift = [6, 6, 7, 7, 7, 7, 7, 6]
// RUN: tpuc-opt %s --convert-top-to-tpu="conv_group=1" | FileCheck %s --check-prefix=ONE
// ONE: "tpu.Conv2D"{{.*}}rshift = [6], strides
// RUN: not tpuc-opt %s --convert-top-to-tpu="per_channel=true conv_group=2" 2>&1 | FileCheck %s --check-prefix=BOTH
// BOTH: error: per_channel=true gives each channel its own shift, conv_group=N at most N different ones: use one of them
// RUN: not tpuc-opt %s --convert-top-to-tpu="conv_group=-1" 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// NEGATIVE: error: conv_group=-1: expected 0 or the number of groups
// RUN: not tpuc-opt %s --convert-top-to-tpu="asymmetric=true" 2>&1 | FileCheck %s --check-prefix=ASYMMETRIC

// ASYMMETRIC: error: {{.*}}symmetric
// CHECK: module.state = "TPU_LOWERED"{{.*}}module.weight_file = "lowered.npz"
// CHECK: %[[IN:.*]] = "top.Input"
// CHECK: %[[CAST:.*]] = "tpu.Cast"(%[[IN]]){{.*}} -> tensor<1x4x8x8x!quant.uniform<i8:f32, 0.031496062992125984>>
// CHECK: %[[FILTER:.*]] = "top.Weight"() : () -> tensor<8x4x1x1xi8>
// CHECK: %[[BIAS:.*]] = "top.Weight"() : () -> tensor<8xi16>
// CHECK: %[[CONV:.*]] = "tpu.Conv2D"(%[[CAST]], %[[FILTER]], %[[BIAS]]) {{.*}}quant_mode = #tpu<rq_mode OnlyShift>{{.*}}rshift = [6]{{.*}} -> tensor<1x8x8x8x!quant.uniform<i8:f32, 0.047244094488188976>>
// CHECK: %[[ADD:.*]] = "tpu.Add"(%[[CONV]], %[[CONV]]) {do_relu = true, multipliers = [96, 96], relu_limit = -1.000000e+00 : f64, rshifts = [6, 6]}{{.*}} -> tensor<1x8x8x8x!quant.uniform<u8:f32, 0.031372549019607843>>
// CHECK: "tpu.Cast"(%[[ADD]]){{.*}} -> tensor<1x8x8x8xf32>
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "INT8", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TOP_CALIBRATED", module.top_run_mode = "STATIC", module.weight_file = "../inputs/weights.npz"} {
  func.func @main(%arg0: tensor<1x4x8x8xf32>) -> tensor<1x8x8x8x!quant.calibrated<f32<0.000000e+00:8.000000e+00>>> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8x!quant.calibrated<f32<-4.000000e+00:4.000000e+00>>> loc("in")
    %1 = "top.Weight"() : () -> tensor<8x4x1x1xf32> loc("conv.weight")
    %2 = "top.Weight"() : () -> tensor<8xf32> loc("conv.bias")
    %3 = "top.Conv"(%0, %1, %2) {dilations = [1, 1], do_relu = false, dynweight_reorderd = false, group = 1 : i64, kernel_shape = [1, 1], pads = [0, 0, 0, 0], relu_limit = -1.000000e+00 : f64, strides = [1, 1], weight_is_coeff = 1 : i64} : (tensor<1x4x8x8x!quant.calibrated<f32<-4.000000e+00:4.000000e+00>>>, tensor<8x4x1x1xf32>, tensor<8xf32>) -> tensor<1x8x8x8x!quant.calibrated<f32<-6.000000e+00:6.000000e+00>>> loc("conv")
    %4 = "top.Add"(%3, %3) {do_relu = true, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x8x8x8x!quant.calibrated<f32<-6.000000e+00:6.000000e+00>>>, tensor<1x8x8x8x!quant.calibrated<f32<-6.000000e+00:6.000000e+00>>>) -> tensor<1x8x8x8x!quant.calibrated<f32<0.000000e+00:8.000000e+00>>> loc("add")
    return %4 : tensor<1x8x8x8x!quant.calibrated<f32<0.000000e+00:8.000000e+00>>>
  }
}
