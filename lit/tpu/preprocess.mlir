// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Preprocess attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x256x256xf32>) -> tensor<1x3x224x224xf32> {
    // CHECK: "tpu.Preprocess"(%arg0) {channel_order = "nchw", customization_format = "RGB_PLANAR", mean = [0.000000e+00, 0.000000e+00, 0.000000e+00], quant_mode = "symmetric", resize_dims = [224, 224], scale = [1.000000e+00, 1.000000e+00, 1.000000e+00], sign = true} : (tensor<1x3x256x256xf32>) -> tensor<1x3x224x224xf32>
    %0 = "tpu.Preprocess"(%arg0) {channel_order = "nchw", customization_format = "RGB_PLANAR", mean = [0.000000e+00, 0.000000e+00, 0.000000e+00], quant_mode = "symmetric", resize_dims = [224, 224], scale = [1.000000e+00, 1.000000e+00, 1.000000e+00], sign = true} : (tensor<1x3x256x256xf32>) -> tensor<1x3x224x224xf32> loc("preprocess")
    return %0 : tensor<1x3x224x224xf32>
  }
}
