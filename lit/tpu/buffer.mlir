// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Buffer attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main() -> tensor<113246208xf32, 4469276672 : i64> {
    // CHECK: "tpu.Buffer"() {buffer_type = #tpu<buffer_type GMEM>} : () -> tensor<113246208xf32, 4469276672 : i64>
    %0 = "tpu.Buffer"() {buffer_type = #tpu<buffer_type GMEM>} : () -> tensor<113246208xf32, 4469276672 : i64> loc("output_Conv_space2batch_buffer")
    return %0 : tensor<113246208xf32, 4469276672 : i64>
  }
}
