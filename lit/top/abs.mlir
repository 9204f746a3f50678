// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Abs attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x64x64xf32>) -> tensor<*xf32> {
    // CHECK: "top.Abs"(%arg0) : (tensor<1x16x64x64xf32>) -> tensor<*xf32>
    // SHAPE: "top.Abs"{{.*}} -> tensor<1x16x64x64xf32>
    %0 = "top.Abs"(%arg0) : (tensor<1x16x64x64xf32>) -> tensor<*xf32> loc("output_Abs")
    return %0 : tensor<*xf32>
  }
}
