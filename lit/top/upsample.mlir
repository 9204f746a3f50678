// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Upsample attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x32x32xf32>) -> tensor<*xf32> {
    // CHECK: "top.Upsample"(%arg0) {do_relu = false, relu_limit = -1.000000e+00 : f64, scale_h = 2 : i64, scale_w = 2 : i64} : (tensor<1x16x32x32xf32>) -> tensor<*xf32>
    // SHAPE: "top.Upsample"{{.*}} -> tensor<1x16x64x64xf32>
    %0 = "top.Upsample"(%arg0) {do_relu = false, relu_limit = -1.000000e+00 : f64, scale_h = 2 : i64, scale_w = 2 : i64} : (tensor<1x16x32x32xf32>) -> tensor<*xf32> loc("output_Resize")
    return %0 : tensor<*xf32>
  }
}
