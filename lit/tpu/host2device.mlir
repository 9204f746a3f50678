// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Host2Device attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1xi32>) -> tensor<1xi32> {
    // CHECK: "tpu.Host2Device"(%arg0) : (tensor<1xi32>) -> tensor<1xi32>
    %0 = "tpu.Host2Device"(%arg0) : (tensor<1xi32>) -> tensor<1xi32> loc("output_Slice_host2device")
    return %0 : tensor<1xi32>
  }
}
