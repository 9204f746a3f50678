// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Sqrt attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<3x5x100x100xf32>) -> tensor<*xf32> {
    // CHECK: "top.Sqrt"(%arg0) : (tensor<3x5x100x100xf32>) -> tensor<*xf32>
    // SHAPE: "top.Sqrt"{{.*}} -> tensor<3x5x100x100xf32>
    %0 = "top.Sqrt"(%arg0) : (tensor<3x5x100x100xf32>) -> tensor<*xf32> loc("output_Sqrt")
    return %0 : tensor<*xf32>
  }
}
