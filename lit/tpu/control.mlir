// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @control attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1xf32>, %arg1: tensor<1x16x8x8xf32>, %arg2: tensor<1x16x8x8xf32>, %arg3: tensor<4xf32>) -> (tensor<1xf32>, tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>, tensor<4xf32>) {
    // CHECK: "tpu.AutoIncrease"(%arg0) {const_val = 1.000000e+00 : f64} : (tensor<1xf32>) -> tensor<1xf32>
    %0 = "tpu.AutoIncrease"(%arg0) {const_val = 1.000000e+00 : f64} : (tensor<1xf32>) -> tensor<1xf32> loc("autoincrease")
    // CHECK: "tpu.D2D"(%arg1) {const_val = 0.000000e+00 : f64} : (tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32>
    %1 = "tpu.D2D"(%arg1) {const_val = 0.000000e+00 : f64} : (tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> loc("d2d")
    // CHECK: "tpu.Identity"(%arg2, %arg3) : (tensor<1x16x8x8xf32>, tensor<4xf32>) -> (tensor<1x16x8x8xf32>, tensor<4xf32>)
    %2:2 = "tpu.Identity"(%arg2, %arg3) : (tensor<1x16x8x8xf32>, tensor<4xf32>) -> (tensor<1x16x8x8xf32>, tensor<4xf32>) loc("identity")
    // CHECK: "tpu.If"(%arg0) ({
    // CHECK-NEXT: "tpu.Yield"(%arg1) : (tensor<1x16x8x8xf32>) -> ()
    // CHECK-NEXT: }, {
    // CHECK-NEXT: "tpu.Yield"(%arg2) : (tensor<1x16x8x8xf32>) -> ()
    // CHECK-NEXT: }) : (tensor<1xf32>) -> tensor<1x16x8x8xf32>
    %4 = "tpu.If"(%arg0) ({
      "tpu.Yield"(%arg1) : (tensor<1x16x8x8xf32>) -> () loc("then_yield")
    }, {
      "tpu.Yield"(%arg2) : (tensor<1x16x8x8xf32>) -> () loc("else_yield")
    }) : (tensor<1xf32>) -> tensor<1x16x8x8xf32> loc("if")
    // CHECK: "tpu.Loop"(%arg0, %arg0, %arg1) ({
    // CHECK-NEXT: ^bb0(%arg4: tensor<1xf32>{{.*}}, %arg5: tensor<1xf32>{{.*}}, %arg6: tensor<1x16x8x8xf32>{{.*}}):
    // CHECK-NEXT: "tpu.Yield"(%arg5, %arg6) : (tensor<1xf32>, tensor<1x16x8x8xf32>) -> ()
    // CHECK-NEXT: }) : (tensor<1xf32>, tensor<1xf32>, tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32>
    %5 = "tpu.Loop"(%arg0, %arg0, %arg1) ({
    ^bb0(%arg4: tensor<1xf32>, %arg5: tensor<1xf32>, %arg6: tensor<1x16x8x8xf32>):
      "tpu.Yield"(%arg5, %arg6) : (tensor<1xf32>, tensor<1x16x8x8xf32>) -> () loc("body_yield")
    }) : (tensor<1xf32>, tensor<1xf32>, tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32> loc("loop")
    return %0, %1, %2#0, %2#1 : tensor<1xf32>, tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>, tensor<4xf32>
  }
}
