// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Softsign attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.Softsign"(%arg0) : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.Softsign"{{.*}} -> tensor<1x16x8x8xf32>
    %0 = "top.Softsign"(%arg0) : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("softsign")
    return %0 : tensor<*xf32>
  }
}
