// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Cast attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<10x!quant.uniform<u8:f32, 0.023588787752039292>>) -> tensor<10xf32> {
    // CHECK: "tpu.Cast"(%arg0) {round_mode = #tpu<round_mode HalfAwayFromZero>, with_scale = true} : (tensor<10x!quant.uniform<u8:f32, 0.023588787752039292>>) -> tensor<10xf32>
    %0 = "tpu.Cast"(%arg0) {round_mode = #tpu<round_mode HalfAwayFromZero>, with_scale = true} : (tensor<10x!quant.uniform<u8:f32, 0.023588787752039292>>) -> tensor<10xf32> loc("output_Add_f32")
    return %0 : tensor<10xf32>
  }
}
