// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @GroupNorm attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<2x6x10x10xf32>) -> tensor<2x6x10x10xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.GroupNorm"(%arg0, %0, %0, %0, %0) {eps = 9.9999997473787516E-6 : f64, num_groups = 3 : i64} : (tensor<2x6x10x10xf32>, none, none, none, none) -> tensor<2x6x10x10xf32>
    %1 = "tpu.GroupNorm"(%arg0, %0, %0, %0, %0) {eps = 9.9999997473787516E-6 : f64, num_groups = 3 : i64} : (tensor<2x6x10x10xf32>, none, none, none, none) -> tensor<2x6x10x10xf32> loc("/group_norm/InstanceNormalization_output_0_InstanceNormalization_r_GroupNorm")
    return %1 : tensor<2x6x10x10xf32>
  }
}
