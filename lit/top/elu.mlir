// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Elu attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x32x100x100xf32>) -> tensor<*xf32> {
    // CHECK: "top.Elu"(%arg0) {alpha = 0.67000001668930054 : f64} : (tensor<1x32x100x100xf32>) -> tensor<*xf32>
    // SHAPE: "top.Elu"{{.*}} -> tensor<1x32x100x100xf32>
    %0 = "top.Elu"(%arg0) {alpha = 0.67000001668930054 : f64} : (tensor<1x32x100x100xf32>) -> tensor<*xf32> loc("output_Elu")
    return %0 : tensor<*xf32>
  }
}
