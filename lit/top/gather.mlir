// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Gather attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x72x9xf32>, %arg1: tensor<12xf32>) -> tensor<*xf32> {
    // CHECK: "top.Gather"(%arg0, %arg1) {axis = 1 : si32, is_lora = false, is_scalar = false, keepdims = true} : (tensor<1x72x9xf32>, tensor<12xf32>) -> tensor<*xf32>
    // SHAPE: "top.Gather"{{.*}} -> tensor<1x12x9xf32>
    %0 = "top.Gather"(%arg0, %arg1) {axis = 1 : si32, is_lora = false, is_scalar = false, keepdims = true} : (tensor<1x72x9xf32>, tensor<12xf32>) -> tensor<*xf32> loc("/Gather_output_0_Gather")
    return %0 : tensor<*xf32>
  }
}
