// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Max attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x85x32x8xf32>, %arg1: tensor<1x85x32x8xf32>) -> tensor<*xf32> {
    // CHECK: "top.Max"(%arg0, %arg1) : (tensor<1x85x32x8xf32>, tensor<1x85x32x8xf32>) -> tensor<*xf32>
    // SHAPE: "top.Max"{{.*}} -> tensor<1x85x32x8xf32>
    %0 = "top.Max"(%arg0, %arg1) : (tensor<1x85x32x8xf32>, tensor<1x85x32x8xf32>) -> tensor<*xf32> loc("output_Max")
    return %0 : tensor<*xf32>
  }
}
