// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Interp attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x8x8xf32>) -> tensor<1x3x16x16xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.Interp"(%arg0, %0, %0) {coord_mode = #tpu<coord_mode asymmetric>, mode = #tpu<mode nearest>, ppl_flag = false, scale_h = 2.000000e+00 : f64, scale_w = 2.000000e+00 : f64} : (tensor<1x3x8x8xf32>, none, none) -> tensor<1x3x16x16xf32>
    %1 = "tpu.Interp"(%arg0, %0, %0) {coord_mode = #tpu<coord_mode asymmetric>, mode = #tpu<mode nearest>, ppl_flag = false, scale_h = 2.000000e+00 : f64, scale_w = 2.000000e+00 : f64} : (tensor<1x3x8x8xf32>, none, none) -> tensor<1x3x16x16xf32> loc("interp")
    return %1 : tensor<1x3x16x16xf32>
  }
}
