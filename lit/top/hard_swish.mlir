// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @HardSwish attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<10x2xf32>) -> tensor<*xf32> {
    // CHECK: "top.HardSwish"(%arg0) : (tensor<10x2xf32>) -> tensor<*xf32>
    // SHAPE: "top.HardSwish"{{.*}} -> tensor<10x2xf32>
    %0 = "top.HardSwish"(%arg0) : (tensor<10x2xf32>) -> tensor<*xf32> loc("1_HardSwish")
    return %0 : tensor<*xf32>
  }
}
