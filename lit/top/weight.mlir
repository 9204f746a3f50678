// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Weight attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main() -> (tensor<8x4x1x1xf32>, tensor<1x16x1x1xf32>, tensor<1x8x1x1xsi16, 4379901952 : i64>) {
    // CHECK: "top.Weight"() : () -> tensor<8x4x1x1xf32>
    %0 = "top.Weight"() : () -> tensor<8x4x1x1xf32> loc("conv.weight")
    // CHECK: "top.Weight"() {allow_split = [1, 1, 1, 1], path = "tpu.Add.1"} : () -> tensor<1x16x1x1xf32>
    %1 = "top.Weight"() {allow_split = [1, 1, 1, 1], path = "tpu.Add.1"} : () -> tensor<1x16x1x1xf32> loc("add.constant")
    // CHECK: "top.Weight"() {path = "tpu.Conv2D.bias", store_mode = "2N"} : () -> tensor<1x8x1x1xsi16, 4379901952 : i64>
    %2 = "top.Weight"() {path = "tpu.Conv2D.bias", store_mode = "2N"} : () -> tensor<1x8x1x1xsi16, 4379901952 : i64> loc("conv.bias")
    return %0, %1, %2 : tensor<8x4x1x1xf32>, tensor<1x16x1x1xf32>, tensor<1x8x1x1xsi16, 4379901952 : i64>
  }
}
