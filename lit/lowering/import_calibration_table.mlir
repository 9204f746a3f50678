// RUN: tpuc-opt %s --verify-roundtrip --processor-assign="mode=INT8" --import-calibration-table="file=%S/../inputs/table.txt" | FileCheck %s
// RUN: not tpuc-opt %s --import-calibration-table 2>&1 | FileCheck %s --check-prefix=NO-FILE

// NO-FILE: error: --import-calibration-table needs file=TABLE
// CHECK: module.state = "TOP_CALIBRATED"
module @net attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC", module.weight_file = "../inputs/weights.npz"} {
  func.func @main(%arg0: tensor<1x4x8x8xf32>) -> tensor<1x8x8x8xf32> {
    // Both signs: symmetric around zero.
    // CHECK: "top.Input"{{.*}} -> tensor<1x4x8x8x!quant.calibrated<f32<-4.000000e+00:4.000000e+00>>>
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32> loc("in")
    // Weights are not in the table.
    // CHECK: "top.Weight"() : () -> tensor<8x4x1x1xf32>
    %1 = "top.Weight"() : () -> tensor<8x4x1x1xf32> loc("conv.weight")
    %2 = "top.Weight"() : () -> tensor<8xf32> loc("conv.bias")
    // CHECK: "top.Conv"{{.*}} -> tensor<1x8x8x8x!quant.calibrated<f32<-6.000000e+00:6.000000e+00>>>
    %3 = "top.Conv"(%0, %1, %2) {dilations = [1, 1], do_relu = false, dynweight_reorderd = false, group = 1 : i64, kernel_shape = [1, 1], pads = [0, 0, 0, 0], relu_limit = -1.000000e+00 : f64, strides = [1, 1], weight_is_coeff = 1 : i64} : (tensor<1x4x8x8xf32>, tensor<8x4x1x1xf32>, tensor<8xf32>) -> tensor<1x8x8x8xf32> loc("conv")
    // Nothing below zero.
    // CHECK: "top.Add"{{.*}} -> tensor<1x8x8x8x!quant.calibrated<f32<0.000000e+00:8.000000e+00>>>
    %4 = "top.Add"(%3, %3) {do_relu = true, is_scalar = false, relu_limit = -1.000000e+00 : f64} : (tensor<1x8x8x8xf32>, tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32> loc("add")
    return %4 : tensor<1x8x8x8xf32>
  }
}
