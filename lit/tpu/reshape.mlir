// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Reshape attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4xf32>, %arg1: tensor<26x312x!quant.uniform<i8:f32, 0.55773406862273933>>) -> (tensor<4x1xf32>, tensor<1x26x312x!quant.uniform<i8:f32, 0.55773406862273933>>) {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.Reshape"(%arg0, %0) {flatten_start_dim = -1 : i64, shape = []} : (tensor<4xf32>, none) -> tensor<4x1xf32>
    %1 = "tpu.Reshape"(%arg0, %0) {flatten_start_dim = -1 : i64, shape = []} : (tensor<4xf32>, none) -> tensor<4x1xf32> loc("input1_r_to2dim")
    // CHECK: "tpu.Reshape"(%arg1, %0) {flatten_start_dim = -1 : i64, shape = []} : (tensor<26x312x!quant.uniform<i8:f32, 0.55773406862273933>>, none) -> tensor<1x26x312x!quant.uniform<i8:f32, 0.55773406862273933>>
    %2 = "tpu.Reshape"(%arg1, %0) {flatten_start_dim = -1 : i64, shape = []} : (tensor<26x312x!quant.uniform<i8:f32, 0.55773406862273933>>, none) -> tensor<1x26x312x!quant.uniform<i8:f32, 0.55773406862273933>> loc("output_Einsum")
    return %1, %2 : tensor<4x1xf32>, tensor<1x26x312x!quant.uniform<i8:f32, 0.55773406862273933>>
  }
}
