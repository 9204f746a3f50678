// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Interp attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x32x32xf32>) -> tensor<*xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "top.Interp"(%arg0, %0) {coord_mode = "asymmetric", mode = "nearest", scale_h = 2.000000e+00 : f64, scale_w = 2.000000e+00 : f64} : (tensor<1x16x32x32xf32>, none) -> tensor<*xf32>
    // SHAPE: "top.Interp"{{.*}} -> tensor<1x16x64x64xf32>
    %1 = "top.Interp"(%arg0, %0) {coord_mode = "asymmetric", mode = "nearest", scale_h = 2.000000e+00 : f64, scale_w = 2.000000e+00 : f64} : (tensor<1x16x32x32xf32>, none) -> tensor<*xf32> loc("output_Resize")
    return %1 : tensor<*xf32>
  }
}
