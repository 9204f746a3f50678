// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @Concat attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x192x256xf32>, %arg1: tensor<1x192x32xf32>, %arg2: tensor<1x2x64xf32>, %arg3: tensor<1x3x64xf32>, %arg4: tensor<1x4x64xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: "top.Concat"(%arg0, %arg1) {axis = 2 : si32, do_relu = false, only_merge = false, relu_limit = -1.000000e+00 : f64, round_mode = "HalfAwayFromZero"} : (tensor<1x192x256xf32>, tensor<1x192x32xf32>) -> tensor<*xf32>
    // SHAPE: "top.Concat"{{.*}} -> tensor<1x192x288xf32>
    %0 = "top.Concat"(%arg0, %arg1) {axis = 2 : si32, do_relu = false, only_merge = false, relu_limit = -1.000000e+00 : f64, round_mode = "HalfAwayFromZero"} : (tensor<1x192x256xf32>, tensor<1x192x32xf32>) -> tensor<*xf32> loc("output_Concat")
    // CHECK: "top.Concat"(%arg2, %arg3, %arg4) {axis = 1 : si32, do_relu = false, only_merge = false, relu_limit = -1.000000e+00 : f64, round_mode = "HalfAwayFromZero"} : (tensor<1x2x64xf32>, tensor<1x3x64xf32>, tensor<1x4x64xf32>) -> tensor<*xf32>
    // SHAPE: "top.Concat"{{.*}} -> tensor<1x9x64xf32>
    %1 = "top.Concat"(%arg2, %arg3, %arg4) {axis = 1 : si32, do_relu = false, only_merge = false, relu_limit = -1.000000e+00 : f64, round_mode = "HalfAwayFromZero"} : (tensor<1x2x64xf32>, tensor<1x3x64xf32>, tensor<1x4x64xf32>) -> tensor<*xf32> loc("output_Concat")
    return %0, %1 : tensor<*xf32>, tensor<*xf32>
  }
}
