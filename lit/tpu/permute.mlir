// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Permute attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<48x2x484xf32>, %arg1: tensor<48x2x484x!quant.uniform<u8:f32, 0.005478646274509804>>) -> (tensor<2x48x484xf32>, tensor<2x48x484x!quant.uniform<u8:f32, 0.005478646274509804>>) {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.Permute"(%arg0, %0) {order = [1, 0, 2]} : (tensor<48x2x484xf32>, none) -> tensor<2x48x484xf32>
    %1 = "tpu.Permute"(%arg0, %0) {order = [1, 0, 2]} : (tensor<48x2x484xf32>, none) -> tensor<2x48x484xf32> loc("onnx::Reshape_509_Transpose")
    // CHECK: "tpu.Permute"(%arg1, %0) {order = [1, 0, 2]} : (tensor<48x2x484x!quant.uniform<u8:f32, 0.005478646274509804>>, none) -> tensor<2x48x484x!quant.uniform<u8:f32, 0.005478646274509804>>
    %2 = "tpu.Permute"(%arg1, %0) {order = [1, 0, 2]} : (tensor<48x2x484x!quant.uniform<u8:f32, 0.005478646274509804>>, none) -> tensor<2x48x484x!quant.uniform<u8:f32, 0.005478646274509804>> loc("onnx::Reshape_509_Transpose")
    return %1, %2 : tensor<2x48x484xf32>, tensor<2x48x484x!quant.uniform<u8:f32, 0.005478646274509804>>
  }
}
