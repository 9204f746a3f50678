// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @MeanStdScale attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x224x224xf32>) -> tensor<*xf32> {
    // CHECK: "top.MeanStdScale"(%arg0) {channel_order = "nchw", customization_format = "RGB_PLANAR", mean = [1.236750e+02, 1.162800e+02, 1.035300e+02], quant_mode = "symmetric", resize_dims = [224, 224], rounding_mode = "HalfUp", scale = [1.000000e+00, 1.000000e+00, 1.000000e+00], sign = true, std = [5.839500e+01, 5.712000e+01, 5.737500e+01], zero_points = [0.000000e+00, 0.000000e+00, 0.000000e+00]} : (tensor<1x3x224x224xf32>) -> tensor<*xf32>
    // SHAPE: "top.MeanStdScale"{{.*}} -> tensor<1x3x224x224xf32>
    %0 = "top.MeanStdScale"(%arg0) {channel_order = "nchw", customization_format = "RGB_PLANAR", mean = [1.236750e+02, 1.162800e+02, 1.035300e+02], quant_mode = "symmetric", resize_dims = [224, 224], rounding_mode = "HalfUp", scale = [1.000000e+00, 1.000000e+00, 1.000000e+00], sign = true, std = [5.839500e+01, 5.712000e+01, 5.737500e+01], zero_points = [0.000000e+00, 0.000000e+00, 0.000000e+00]} : (tensor<1x3x224x224xf32>) -> tensor<*xf32> loc("meanstdscale")
    return %0 : tensor<*xf32>
  }
}
