// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @NonZero attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.NonZero"(%arg0) {order = "RowMajor"} : (tensor<4x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.NonZero"{{.*}} -> tensor<2x32xf32>
    %0 = "top.NonZero"(%arg0) {order = "RowMajor"} : (tensor<4x8xf32>) -> tensor<*xf32> loc("nonzero")
    return %0 : tensor<*xf32>
  }
}
