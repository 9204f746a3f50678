// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

module @SliceAxis attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4x16xf32>, %arg1: tensor<1xf32>, %arg2: tensor<1xf32>, %arg3: tensor<1xf32>, %arg4: tensor<1xf32>) -> tensor<4x8xf32> {
    // CHECK: "top.SliceAxis"(%arg0, %arg1, %arg2, %arg3, %arg4) : (tensor<4x16xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<4x8xf32>
    // SHAPE: "top.SliceAxis"{{.*}} -> tensor<4x8xf32>
    %0 = "top.SliceAxis"(%arg0, %arg1, %arg2, %arg3, %arg4) : (tensor<4x16xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<4x8xf32> loc("sliceaxis")
    return %0 : tensor<4x8xf32>
  }
}
