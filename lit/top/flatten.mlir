// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Flatten attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<2x3x4x5xf32>) -> tensor<*xf32> {
    // CHECK: "top.Flatten"(%arg0) {end_dim = -1 : i64, start_dim = 2 : i64} : (tensor<2x3x4x5xf32>) -> tensor<*xf32>
    // SHAPE: "top.Reshape"{{.*}} -> tensor<6x20xf32>
    %0 = "top.Flatten"(%arg0) {end_dim = -1 : i64, start_dim = 2 : i64} : (tensor<2x3x4x5xf32>) -> tensor<*xf32> loc("x_Flatten")
    return %0 : tensor<*xf32>
  }
}
