// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @MeanStdScale attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x224x224xf32>, %arg1: tensor<1x3x1x6xf32>) -> tensor<1x3x224x224xf32> {
    // CHECK: "tpu.MeanStdScale"(%arg0, %arg1) {channel_order = "nchw", customization_format = "RGB_PLANAR", mean = [1.236750e+02, 1.162800e+02, 1.035300e+02], multi = [1 : i32, 1 : i32, 1 : i32], offset = [0 : i32, 0 : i32, 0 : i32], quant_mode = "symmetric", resize_dims = [224, 224], rounding_mode = "HalfUp", rshift = [0 : i32, 0 : i32, 0 : i32], scale = [1.000000e+00, 1.000000e+00, 1.000000e+00], sign = true, std = [5.839500e+01, 5.712000e+01, 5.737500e+01], zero_points = [0.000000e+00, 0.000000e+00, 0.000000e+00]} : (tensor<1x3x224x224xf32>, tensor<1x3x1x6xf32>) -> tensor<1x3x224x224xf32>
    %0 = "tpu.MeanStdScale"(%arg0, %arg1) {channel_order = "nchw", customization_format = "RGB_PLANAR", mean = [1.236750e+02, 1.162800e+02, 1.035300e+02], multi = [1 : i32, 1 : i32, 1 : i32], offset = [0 : i32, 0 : i32, 0 : i32], quant_mode = "symmetric", resize_dims = [224, 224], rounding_mode = "HalfUp", rshift = [0 : i32, 0 : i32, 0 : i32], scale = [1.000000e+00, 1.000000e+00, 1.000000e+00], sign = true, std = [5.839500e+01, 5.712000e+01, 5.737500e+01], zero_points = [0.000000e+00, 0.000000e+00, 0.000000e+00]} : (tensor<1x3x224x224xf32>, tensor<1x3x1x6xf32>) -> tensor<1x3x224x224xf32> loc("meanstdscale")
    return %0 : tensor<1x3x224x224xf32>
  }
}
