// Functions become one operation in F32 and a table in INT8.
// RUN: tpuc-opt %s --split-input-file --convert-top-to-tpu="weightFileName=lowered.npz" | FileCheck %s

// CHECK-LABEL: module @F32
// CHECK: "tpu.Active"{{.*}}mode = #tpu<active_mode FLOOR>
// CHECK: "tpu.Active"{{.*}}mode = #tpu<active_mode SIN>
// CHECK: "tpu.Active"{{.*}}mode = #tpu<active_mode SOFT_PLUS>
// CHECK: "tpu.Active"{{.*}}coeffs = [1.500000e+00]{{.*}}mode = #tpu<active_mode SWISH>
module @F32 attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "F32", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TOP_F32", module.top_run_mode = "STATIC", module.weight_file = "../inputs/weights.npz"} {
  func.func @main(%arg0: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> loc("in")
    %1 = "top.Floor"(%0) : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> loc("Floor")
    %2 = "top.Sin"(%1) : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> loc("Sin")
    %3 = "top.Softplus"(%2) : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> loc("Softplus")
    %4 = "top.Swish"(%3) {beta = 1.500000e+00 : f64, round_mode = "HalfAwayFromZero"} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> loc("Swish")
    return %4 : tensor<1x4x8x8xf32>
  }
}

// -----

// CHECK-LABEL: module @INT8
// CHECK: "tpu.Lut"
// CHECK: "tpu.Lut"
// CHECK: "tpu.Lut"
// CHECK: "tpu.Lut"
module @INT8 attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "INT8", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TOP_CALIBRATED", module.top_run_mode = "STATIC", module.weight_file = "../inputs/weights.npz"} {
  func.func @main(%arg0: tensor<1x4x8x8xf32>) -> tensor<1x4x8x8x!quant.calibrated<f32<-4.000000e+00:4.000000e+00>>> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8x!quant.calibrated<f32<-4.000000e+00:4.000000e+00>>> loc("in")
    %1 = "top.Floor"(%0) : (tensor<1x4x8x8x!quant.calibrated<f32<-4.000000e+00:4.000000e+00>>>) -> tensor<1x4x8x8x!quant.calibrated<f32<-4.000000e+00:4.000000e+00>>> loc("Floor")
    %2 = "top.Sin"(%1) : (tensor<1x4x8x8x!quant.calibrated<f32<-4.000000e+00:4.000000e+00>>>) -> tensor<1x4x8x8x!quant.calibrated<f32<-4.000000e+00:4.000000e+00>>> loc("Sin")
    %3 = "top.Softplus"(%2) : (tensor<1x4x8x8x!quant.calibrated<f32<-4.000000e+00:4.000000e+00>>>) -> tensor<1x4x8x8x!quant.calibrated<f32<-4.000000e+00:4.000000e+00>>> loc("Softplus")
    %4 = "top.Swish"(%3) {beta = 1.500000e+00 : f64, round_mode = "HalfAwayFromZero"} : (tensor<1x4x8x8x!quant.calibrated<f32<-4.000000e+00:4.000000e+00>>>) -> tensor<1x4x8x8x!quant.calibrated<f32<-4.000000e+00:4.000000e+00>>> loc("Swish")
    return %4 : tensor<1x4x8x8x!quant.calibrated<f32<-4.000000e+00:4.000000e+00>>>
  }
}
