// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @GenericCpu attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<2x2x2xf32>, %arg1: tensor<2x2x2xi32>) -> tensor<2x2x2xf32> {
    // CHECK: "tpu.GenericCpu"(%arg0, %arg1) {cpu_op_name = "gatherelements_pt", param = {axis = 2 : i64}} : (tensor<2x2x2xf32>, tensor<2x2x2xi32>) -> tensor<2x2x2xf32>
    %0 = "tpu.GenericCpu"(%arg0, %arg1) {cpu_op_name = "gatherelements_pt", param = {axis = 2 : i64}} : (tensor<2x2x2xf32>, tensor<2x2x2xi32>) -> tensor<2x2x2xf32> loc("gather_output_GatherElements")
    return %0 : tensor<2x2x2xf32>
  }
}
