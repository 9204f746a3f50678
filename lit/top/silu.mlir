// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @SiLU attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x64x160x160xf32>) -> tensor<*xf32> {
    // CHECK: "top.SiLU"(%arg0) : (tensor<1x64x160x160xf32>) -> tensor<*xf32>
    // SHAPE: "top.SiLU"{{.*}} -> tensor<1x64x160x160xf32>
    %0 = "top.SiLU"(%arg0) : (tensor<1x64x160x160xf32>) -> tensor<*xf32> loc("x3_Mul")
    return %0 : tensor<*xf32>
  }
}
