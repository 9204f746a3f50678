// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --shape-infer | FileCheck %s --check-prefix=SHAPE

// SHAPE: -> (tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>) {
module @control attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1xf32>, %arg1: tensor<1x16x8x8xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
    // CHECK: %0 = "top.If"(%arg0) ({
    // CHECK-NEXT: %2 = "top.Abs"(%arg1)
    // CHECK-NEXT: "top.Yield"(%2) : (tensor<*xf32>) -> ()
    // CHECK-NEXT: }, {
    // CHECK-NEXT: %2 = "top.Sign"(%arg1)
    // CHECK-NEXT: "top.Yield"(%2) : (tensor<*xf32>) -> ()
    // CHECK-NEXT: }) : (tensor<1xf32>) -> tensor<*xf32>
    %0 = "top.If"(%arg0) ({
      %2 = "top.Abs"(%arg1) : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("then")
      "top.Yield"(%2) : (tensor<*xf32>) -> () loc("then_yield")
    }, {
      %2 = "top.Sign"(%arg1) : (tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("else")
      "top.Yield"(%2) : (tensor<*xf32>) -> () loc("else_yield")
    }) : (tensor<1xf32>) -> tensor<*xf32> loc("if")
    // CHECK: %1 = "top.Loop"(%arg0, %arg0, %arg1) ({
    // CHECK-NEXT: ^bb0(%arg2: tensor<1xf32>{{.*}}, %arg3: tensor<1xf32>{{.*}}, %arg4: tensor<*xf32>{{.*}}):
    // CHECK-NEXT: %2 = "top.Abs"(%arg4)
    // CHECK-NEXT: "top.Yield"(%arg3, %2) : (tensor<1xf32>, tensor<*xf32>) -> ()
    // CHECK-NEXT: }) : (tensor<1xf32>, tensor<1xf32>, tensor<1x16x8x8xf32>) -> tensor<*xf32>
    // The body sees the shapes of the loop's operands.
    // SHAPE: "top.Loop"
    // SHAPE-NEXT: %arg4: tensor<1x16x8x8xf32>
    // SHAPE-NEXT: "top.Abs"(%arg4) : (tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf32>
    %1 = "top.Loop"(%arg0, %arg0, %arg1) ({
    ^bb0(%arg2: tensor<1xf32>, %arg3: tensor<1xf32>, %arg4: tensor<*xf32>):
      %2 = "top.Abs"(%arg4) : (tensor<*xf32>) -> tensor<*xf32> loc("body")
      "top.Yield"(%arg3, %2) : (tensor<1xf32>, tensor<*xf32>) -> () loc("body_yield")
    }) : (tensor<1xf32>, tensor<1xf32>, tensor<1x16x8x8xf32>) -> tensor<*xf32> loc("loop")
    return %0, %1 : tensor<*xf32>, tensor<*xf32>
  }
}
