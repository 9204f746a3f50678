// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Input attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x352x352xf32>, %arg1: tensor<1x16xf32>) -> (tensor<1x3x352x352xf32>, tensor<1x16x!quant.calibrated<f32<-5.3473292922973634:5.3473292922973634>>>) {
    // CHECK: "top.Input"(%arg0) {channel_format = "nchw", do_preprocess = true, keep_aspect_ratio = false, keep_ratio_mode = "letterbox", mean = [0.000000e+00, 0.000000e+00, 0.000000e+00], pad_type = "center", pad_value = 0 : i64, pixel_format = "bgr", resize_dims = [352, 352], scale = [0.0039215688593685627, 0.0039215688593685627, 0.0039215688593685627], yuv_type = ""} : (tensor<1x3x352x352xf32>) -> tensor<1x3x352x352xf32>
    %0 = "top.Input"(%arg0) {channel_format = "nchw", do_preprocess = true, keep_aspect_ratio = false, keep_ratio_mode = "letterbox", mean = [0.000000e+00, 0.000000e+00, 0.000000e+00], pad_type = "center", pad_value = 0 : i64, pixel_format = "bgr", resize_dims = [352, 352], scale = [0.0039215688593685627, 0.0039215688593685627, 0.0039215688593685627], yuv_type = ""} : (tensor<1x3x352x352xf32>) -> tensor<1x3x352x352xf32> loc("images")
    // CHECK: "top.Input"(%arg1) {do_preprocess = false} : (tensor<1x16xf32>) -> tensor<1x16x!quant.calibrated<f32<-5.3473292922973634:5.3473292922973634>>>
    %1 = "top.Input"(%arg1) {do_preprocess = false} : (tensor<1x16xf32>) -> tensor<1x16x!quant.calibrated<f32<-5.3473292922973634:5.3473292922973634>>> loc("features")
    return %0, %1 : tensor<1x3x352x352xf32>, tensor<1x16x!quant.calibrated<f32<-5.3473292922973634:5.3473292922973634>>>
  }
}
