// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @ShapeSlice attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<3xi32>) -> tensor<2xi32> {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.ShapeSlice"(%arg0, %0, %0, %0) {axes = [0], ends = [2], hasparamConvert_axes = [0], offset = [0], steps = [1]} : (tensor<3xi32>, none, none, none) -> tensor<2xi32>
    %1 = "tpu.ShapeSlice"(%arg0, %0, %0, %0) {axes = [0], ends = [2], hasparamConvert_axes = [0], offset = [0], steps = [1]} : (tensor<3xi32>, none, none, none) -> tensor<2xi32> loc("shapeinfo_Shape")
    return %1 : tensor<2xi32>
  }
}
