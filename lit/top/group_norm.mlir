// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @GroupNorm attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<2x6x10x10xf32>) -> tensor<*xf32> {
    %0 = "top.None"() : () -> none
    // CHECK: "top.GroupNorm"(%arg0, %0, %0) {eps = 9.9999997473787516E-6 : f64, num_groups = 3 : i64} : (tensor<2x6x10x10xf32>, none, none) -> tensor<*xf32>
    // SHAPE: "top.GroupNorm"{{.*}} -> tensor<2x6x10x10xf32>
    %1 = "top.GroupNorm"(%arg0, %0, %0) {eps = 9.9999997473787516E-6 : f64, num_groups = 3 : i64} : (tensor<2x6x10x10xf32>, none, none) -> tensor<*xf32> loc("/group_norm/InstanceNormalization_output_0_InstanceNormalization_r_GroupNorm")
    return %1 : tensor<*xf32>
  }
}
