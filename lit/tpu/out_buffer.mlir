// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @OutBuffer attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main() -> tensor<1x16x8x8xf32> {
    // CHECK: "tpu.OutBuffer"() {need_dump = false} : () -> tensor<1x16x8x8xf32>
    %0 = "tpu.OutBuffer"() {need_dump = false} : () -> tensor<1x16x8x8xf32> loc("outbuffer")
    return %0 : tensor<1x16x8x8xf32>
  }
}
