// RUN: tpuc-opt %s --split-input-file --verify-diagnostics

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<8x16x3x3xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Conv' op expects 1 to 3 spatial dimensions, found 4}}
  %0 = "top.Conv"(%arg0, %arg1) {kernel_shape = [1, 1, 1, 1], pads = [0, 0, 0, 0, 0, 0, 0, 0], strides = [1, 1, 1, 1]} : (tensor<1x16x8x8xf32>, tensor<8x16x3x3xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<8x16x3x3xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Conv' op expects 2 values in 'strides', found 1}}
  %0 = "top.Conv"(%arg0, %arg1) {kernel_shape = [3, 3], pads = [0, 0, 0, 0], strides = [1]} : (tensor<1x16x8x8xf32>, tensor<8x16x3x3xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<8x16x3x3xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Conv' op expects 4 values in 'pads', found 2}}
  %0 = "top.Conv"(%arg0, %arg1) {kernel_shape = [3, 3], pads = [0, 0], strides = [1, 1]} : (tensor<1x16x8x8xf32>, tensor<8x16x3x3xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<8x16x3x3xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Conv' op expects 2 values in 'dilations', found 1}}
  %0 = "top.Conv"(%arg0, %arg1) {dilations = [1], kernel_shape = [3, 3], pads = [0, 0, 0, 0], strides = [1, 1]} : (tensor<1x16x8x8xf32>, tensor<8x16x3x3xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<8x16x3x3xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Conv' op expects strides of 1 or more}}
  %0 = "top.Conv"(%arg0, %arg1) {kernel_shape = [3, 3], pads = [0, 0, 0, 0], strides = [0, 1]} : (tensor<1x16x8x8xf32>, tensor<8x16x3x3xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<8x16x3x3xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Conv' op expects a positive 'group', found 0}}
  %0 = "top.Conv"(%arg0, %arg1) {group = 0 : i64, kernel_shape = [3, 3], pads = [0, 0, 0, 0], strides = [1, 1]} : (tensor<1x16x8x8xf32>, tensor<8x16x3x3xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.MaxPool' op expects 1 to 3 spatial dimensions, found 4}}
  %0 = "top.MaxPool"(%arg0) {kernel_shape = [1, 1, 1, 1], pads = [0, 0, 0, 0, 0, 0, 0, 0], strides = [1, 1, 1, 1]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.AvgPool' op expects 4 values in 'pads', found 2}}
  %0 = "top.AvgPool"(%arg0) {kernel_shape = [3, 3], pads = [0, 0], strides = [1, 1]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.MaxPool' op expects strides of 1 or more}}
  %0 = "top.MaxPool"(%arg0) {kernel_shape = [3, 3], pads = [0, 0, 0, 0], strides = [2, -1]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: none, %arg2: none, %arg3: none) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Slice' op expects 'offset', 'steps', 'ends' and 'axes' of one length, found [2, 1, 2] and 0}}
  %0 = "top.Slice"(%arg0, %arg1, %arg2, %arg3) {ends = [1, 1], offset = [0, 0], steps = [1]} : (tensor<1x16x8x8xf32>, none, none, none) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: none, %arg2: none, %arg3: none) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Slice' op expects steps that are not 0}}
  %0 = "top.Slice"(%arg0, %arg1, %arg2, %arg3) {ends = [1], offset = [0], steps = [0]} : (tensor<1x16x8x8xf32>, none, none, none) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Permute' op expects a permutation as 'order', found [0, 1, 1, 3]}}
  %0 = "top.Permute"(%arg0) {order = [0, 1, 1, 3]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Mul' op expects 2 or more operands, found 1}}
  %0 = "top.Mul"(%arg0) : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.ShuffleChannel' op expects a positive 'group', found 0}}
  %0 = "top.ShuffleChannel"(%arg0) {group = 0 : i64} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.AdaptiveAvgPool' op expects 1 to 3 positive values or -1 in 'output_size', found [0, 7]}}
  %0 = "top.AdaptiveAvgPool"(%arg0) {output_size = [0, 7]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Copy' op expects 'shape', 'input_stride' and 'output_stride' of one length, found [2, 1, 2]}}
  %0 = "top.Copy"(%arg0) {input_stride = [2], output_stride = [2, 1], shape = [1, 2]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Correlation' op expects 2 operands, found 1}}
  %0 = "top.Correlation"(%arg0) {max_disp = 4 : i64} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Correlation' op expects a positive 'max_disp', found 0}}
  %0 = "top.Correlation"(%arg0, %arg1) {max_disp = 0 : i64} : (tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.DequantizeLinear' op expects as many values in 'x_zero_point' as in 'x_scale', found 3 and 2}}
  %0 = "top.DequantizeLinear"(%arg0) {x_scale = [5.000000e-01, 5.000000e-01], x_zero_point = [0 : i32, 0 : i32, 0 : i32]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.QuantizeLinear' op expects as many values in 'y_zero_point' as in 'y_scale', found 1 and 0}}
  %0 = "top.QuantizeLinear"(%arg0) {y_scale = [], y_zero_point = [0 : i32]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.RequantFp' op expects as many values in 'offset' as in 'scale', found 3 and 2}}
  %0 = "top.RequantFp"(%arg0) {offset = [0.000000e+00, 0.000000e+00, 0.000000e+00], quant_mode = "OnlyScale", scale = [5.000000e-01, 5.000000e-01]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.RequantInt' op expects as many values in 'multiplier' as in 'rshift', found 2 and 3}}
  %0 = "top.RequantInt"(%arg0) {multiplier = [1, 2], quant_mode = "OnlyShift", rshift = [1, 2, 3]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.DetectionOutput' op expects 2 or 3 operands, found 1}}
  %0 = "top.DetectionOutput"(%arg0) {code_type = "CORNER", confidence_threshold = 5.000000e-01 : f64, keep_top_k = 10 : i64, nms_threshold = 5.000000e-01 : f64, num_classes = 21 : i64, top_k = 10 : i64} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f() -> tensor<*xf32> {
  // expected-error@+1 {{'top.YoloDetection' op expects 1 or more operands, found 0}}
  %0 = "top.YoloDetection"() {anchors = [], keep_topk = 10 : i64, net_input_h = 64 : i64, net_input_w = 64 : i64, nms_threshold = 5.000000e-01 : f64, obj_threshold = 5.000000e-01 : f64, version = "yolov5"} : () -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Pack' op expects as many operands as 'values_count' says (3), found 2}}
  %0 = "top.Pack"(%arg0, %arg1) {axis = 0 : si32, values_count = 3 : i64} : (tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<10x5xf32>, %arg1: tensor<10xf32>, %arg2: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.RoiExtractor' op expects an input and a scale for each of 2 levels, found 1 inputs}}
  %0 = "top.RoiExtractor"(%arg0, %arg1, %arg2) {align_corners = true, is_static = true, mode = "Avg", num_levels = 2 : i64, output_height = 7 : i64, output_width = 7 : i64, sampling_ratio = 2 : i64, spatial_scales = [2.500000e-01]} : (tensor<10x5xf32>, tensor<10xf32>, tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: none) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Abs' op operand #0 must be tensor of any type values, but got 'none'}}
  %0 = "top.Abs"(%arg0) : (none) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<8x16x3x3xf32>, %arg2: f32) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Conv' op operand #2 must be tensor of any type values or none type, but got 'f32'}}
  %0 = "top.Conv"(%arg0, %arg1, %arg2) {kernel_shape = [3, 3], pads = [0, 0, 0, 0], strides = [1, 1]} : (tensor<1x16x8x8xf32>, tensor<8x16x3x3xf32>, f32) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Compare' op attribute 'mode' failed to satisfy constraint: string attribute whose value is Equal, or Greater, or GreaterOrEqual, or Less,}}
  %0 = "top.Compare"(%arg0, %arg1) {mode = "Lesser"} : (tensor<1x16x8x8xf32>, tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1xf32>) -> tensor<1xf32> {
  // expected-error@+1 {{'top.If' op expects region #1 to end in 'top.Yield'}}
  %0 = "top.If"(%arg0) ({
    "top.Yield"(%arg0) : (tensor<1xf32>) -> ()
  }, {
    %1 = "top.Abs"(%arg0) : (tensor<1xf32>) -> tensor<1xf32>
  }) : (tensor<1xf32>) -> tensor<1xf32>
  return %0 : tensor<1xf32>
}

// -----

func.func @f(%arg0: tensor<1xf32>) -> tensor<1xf32> {
  // expected-error@+1 {{'top.Loop' op expects region #0 to yield 2 values, found 1}}
  %0 = "top.Loop"(%arg0, %arg0, %arg0) ({
  ^bb0(%arg1: tensor<1xf32>, %arg2: tensor<1xf32>, %arg3: tensor<1xf32>):
    "top.Yield"(%arg3) : (tensor<1xf32>) -> ()
  }) : (tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  return %0 : tensor<1xf32>
}
