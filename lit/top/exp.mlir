// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Exp attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x3x32x32xf32>) -> tensor<*xf32> {
    // CHECK: "top.Exp"(%arg0) : (tensor<1x3x32x32xf32>) -> tensor<*xf32>
    // SHAPE: "top.Exp"{{.*}} -> tensor<1x3x32x32xf32>
    %0 = "top.Exp"(%arg0) : (tensor<1x3x32x32xf32>) -> tensor<*xf32> loc("output_Exp")
    return %0 : tensor<*xf32>
  }
}
