// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @PReluOp attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<2x128x100x100xf32>, %arg1: tensor<1x128x1x1xf32>, %arg2: tensor<2x128x100x100x!quant.uniform<i8:f32, 0.043660948295292892>>, %arg3: tensor<1x128x1x1xi8>) -> (tensor<2x128x100x100xf32>, tensor<2x128x100x100x!quant.uniform<i8:f32, 0.043660948295292892>>) {
    // CHECK: "tpu.PReluOp"(%arg0, %arg1) {rshift = 0 : si32} : (tensor<2x128x100x100xf32>, tensor<1x128x1x1xf32>) -> tensor<2x128x100x100xf32>
    %0 = "tpu.PReluOp"(%arg0, %arg1) {rshift = 0 : si32} : (tensor<2x128x100x100xf32>, tensor<1x128x1x1xf32>) -> tensor<2x128x100x100xf32> loc("output0_PRelu")
    // CHECK: "tpu.PReluOp"(%arg2, %arg3) {rshift = 7 : si32} : (tensor<2x128x100x100x!quant.uniform<i8:f32, 0.043660948295292892>>, tensor<1x128x1x1xi8>) -> tensor<2x128x100x100x!quant.uniform<i8:f32, 0.043660948295292892>>
    %1 = "tpu.PReluOp"(%arg2, %arg3) {rshift = 7 : si32} : (tensor<2x128x100x100x!quant.uniform<i8:f32, 0.043660948295292892>>, tensor<1x128x1x1xi8>) -> tensor<2x128x100x100x!quant.uniform<i8:f32, 0.043660948295292892>> loc("output0_PRelu")
    return %0, %1 : tensor<2x128x100x100xf32>, tensor<2x128x100x100x!quant.uniform<i8:f32, 0.043660948295292892>>
  }
}
