// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Preprocess attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x256x256xf32>) -> tensor<1x3x224x224xf32> {
    // CHECK: "top.Preprocess"(%arg0) {channel_order = "nchw", customization_format = "RGB_PLANAR", mean = [0.000000e+00, 0.000000e+00, 0.000000e+00], quant_mode = "symmetric", resize_dims = [224, 224], scale = [1.000000e+00, 1.000000e+00, 1.000000e+00], sign = true} : (tensor<1x3x256x256xf32>) -> tensor<1x3x224x224xf32>
    // SHAPE: "top.Preprocess"{{.*}} -> tensor<1x3x224x224xf32>
    %0 = "top.Preprocess"(%arg0) {channel_order = "nchw", customization_format = "RGB_PLANAR", mean = [0.000000e+00, 0.000000e+00, 0.000000e+00], quant_mode = "symmetric", resize_dims = [224, 224], scale = [1.000000e+00, 1.000000e+00, 1.000000e+00], sign = true} : (tensor<1x3x256x256xf32>) -> tensor<1x3x224x224xf32> loc("preprocess")
    return %0 : tensor<1x3x224x224xf32>
  }
}
