// RUN: tpuc-opt %s --shape-infer --split-input-file --verify-diagnostics

func.func @f(%arg0: tensor<*xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Abs' op expects operands of known rank; '' has none}}
  %0 = "top.Abs"(%arg0) : (tensor<*xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<2x3xf32>, %arg1: tensor<2x4xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Add' op cannot broadcast 2x3 with 2x4}}
  %0 = "top.Add"(%arg0, %arg1) : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Softmax' op expects an axis of -4 to 3, found 4}}
  %0 = "top.Softmax"(%arg0) {axis = 4 : si32} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x2x2xf32>, %arg1: tensor<8x16x3x3xf32>, %arg2: none) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Conv' op window of 3 with stride 1 does not fit padded size 2}}
  %0 = "top.Conv"(%arg0, %arg1, %arg2) {kernel_shape = [3, 3], pads = [0, 0, 0, 0], strides = [1, 1]} : (tensor<1x16x2x2xf32>, tensor<8x16x3x3xf32>, none) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8xf32>, %arg1: tensor<8x16x3x3xf32>, %arg2: none) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Conv' op expects input and filter of rank 4, found 3 and 4}}
  %0 = "top.Conv"(%arg0, %arg1, %arg2) {kernel_shape = [3, 3], pads = [0, 0, 0, 0], strides = [1, 1]} : (tensor<1x16x8xf32>, tensor<8x16x3x3xf32>, none) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<8x16x3x3xf32>, %arg2: none) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Conv' op expects 32 input channels (filter 16 x group 2), found 16}}
  %0 = "top.Conv"(%arg0, %arg1, %arg2) {group = 2 : i64, kernel_shape = [3, 3], pads = [0, 0, 0, 0], strides = [1, 1]} : (tensor<1x16x8x8xf32>, tensor<8x16x3x3xf32>, none) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.MaxPool' op expects 'strides' and 'pads' for 0 dimensions}}
  %0 = "top.MaxPool"(%arg0) {kernel_shape = [], pads = [], strides = [1]} : (tensor<1x16xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.MaxPool' op expects an input of rank 4, found 1x16x8}}
  %0 = "top.MaxPool"(%arg0) {kernel_shape = [3, 3], pads = [0, 0, 0, 0], strides = [1, 1]} : (tensor<1x16x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<4x4xf32>, %arg1: none) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Interp' op expects an input of rank 3 to 5, found 4x4}}
  %0 = "top.Interp"(%arg0, %arg1) {coord_mode = "asymmetric", mode = "nearest", scale_h = 2.000000e+00 : f64, scale_w = 2.000000e+00 : f64} : (tensor<4x4xf32>, none) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Permute' op expects 4 values in 'order', found 2}}
  %0 = "top.Permute"(%arg0) {order = [1, 0]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<2x128xf32>, %arg1: tensor<2x192x128xf32>, %arg2: tensor<2x192x64xf32>, %arg3: none, %arg4: none) -> (tensor<*xf32>, tensor<*xf32>) {
  // expected-error@+1 {{'top.GRU' op expects an input of rank 3, found 2x128}}
  %0:2 = "top.GRU"(%arg0, %arg1, %arg2, %arg3, %arg4) {bidirectional = true, hidden_size = 64 : i64} : (tensor<2x128xf32>, tensor<2x192x128xf32>, tensor<2x192x64xf32>, none, none) -> (tensor<*xf32>, tensor<*xf32>)
  return %0#0, %0#1 : tensor<*xf32>, tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<2x128xf32>, %arg1: tensor<2x256x128xf32>, %arg2: tensor<2x256x64xf32>, %arg3: none, %arg4: none, %arg5: none, %arg6: none) -> (tensor<*xf32>, tensor<*xf32>, tensor<*xf32>) {
  // expected-error@+1 {{'top.LSTM' op expects an input of rank 3, found 2x128}}
  %0:3 = "top.LSTM"(%arg0, %arg1, %arg2, %arg3, %arg4, %arg5, %arg6) {bidirectional = true, hidden_size = 64 : i64} : (tensor<2x128xf32>, tensor<2x256x128xf32>, tensor<2x256x64xf32>, none, none, none, none) -> (tensor<*xf32>, tensor<*xf32>, tensor<*xf32>)
  return %0#0, %0#1, %0#2 : tensor<*xf32>, tensor<*xf32>, tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<4xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Tile' op expects the attribute 'tile': repeats that are computed are not supported}}
  %0 = "top.Tile"(%arg0, %arg1) : (tensor<1x16x8x8xf32>, tensor<4xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<2x3xf32>, %arg1: tensor<4x5xf32>, %arg2: none) -> tensor<*xf32> {
  // expected-error@+1 {{'top.MatMul' op cannot multiply 2x3 by 4x5}}
  %0 = "top.MatMul"(%arg0, %arg1, %arg2) : (tensor<2x3xf32>, tensor<4x5xf32>, none) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<f32>, %arg1: tensor<4x5xf32>, %arg2: none) -> tensor<*xf32> {
  // expected-error@+1 {{'top.MatMul' op cannot multiply scalar by 4x5}}
  %0 = "top.MatMul"(%arg0, %arg1, %arg2) : (tensor<f32>, tensor<4x5xf32>, none) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<8x4x3x3xf32>, %arg2: none) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Deconv' op cannot apply a filter of 8x4x3x3 in 1 groups to 1x16x8x8}}
  %0 = "top.Deconv"(%arg0, %arg1, %arg2) {kernel_shape = [3, 3], pads = [0, 0, 0, 0], strides = [1, 1]} : (tensor<1x16x8x8xf32>, tensor<8x4x3x3xf32>, none) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<8x16x3x3xf32>, %arg2: none) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Deconv' op pads leave nothing of the output: 1x8x-8x-8}}
  %0 = "top.Deconv"(%arg0, %arg1, %arg2) {kernel_shape = [3, 3], pads = [9, 9, 9, 9], strides = [1, 1]} : (tensor<1x16x8x8xf32>, tensor<8x16x3x3xf32>, none) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x5xf32>) -> (tensor<*xf32>, tensor<*xf32>) {
  // expected-error@+1 {{'top.Split' op cannot split dimension 1 of 1x5 into 2 parts of [3, 3]}}
  %0:2 = "top.Split"(%arg0) {axis = 1 : si32, num = 2 : i64, split_size = [3, 3]} : (tensor<1x5xf32>) -> (tensor<*xf32>, tensor<*xf32>)
  return %0#0, %0#1 : tensor<*xf32>, tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.AdaptiveAvgPool' op expects an input of rank 3 or more, found 1x16}}
  %0 = "top.AdaptiveAvgPool"(%arg0) {output_size = [7, 7]} : (tensor<1x16xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Upsample' op expects an input of rank 4, found 1x16x8}}
  %0 = "top.Upsample"(%arg0) {scale_h = 2 : i64, scale_w = 2 : i64} : (tensor<1x16x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x8xf32>, %arg1: none, %arg2: none, %arg3: none) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Slice' op cuts nothing out of 1x8: the result is 1x0}}
  %0 = "top.Slice"(%arg0, %arg1, %arg2, %arg3) {axes = [1], ends = [4], offset = [4], steps = [1]} : (tensor<1x8xf32>, none, none, none) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x8xf32>, %arg1: none, %arg2: none, %arg3: none) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Slice' op expects at most 2 values in 'offset', found 3}}
  %0 = "top.Slice"(%arg0, %arg1, %arg2, %arg3) {ends = [1, 1, 1], offset = [0, 0, 0], steps = [1, 1, 1]} : (tensor<1x8xf32>, none, none, none) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x8xf32>, %arg1: none, %arg2: none, %arg3: none) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Slice' op expects axes below 2, found 2}}
  %0 = "top.Slice"(%arg0, %arg1, %arg2, %arg3) {axes = [2], ends = [1], offset = [0], steps = [1]} : (tensor<1x8xf32>, none, none, none) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<1x16x8x4xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.ConcatVolume' op expects two inputs of rank 4 and of one shape, found 1x16x8x8 and 1x16x8x4}}
  %0 = "top.ConcatVolume"(%arg0, %arg1) {max_disp = 4 : i64} : (tensor<1x16x8x8xf32>, tensor<1x16x8x4xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<2x3xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Reshape' op cannot reshape 2x3 to 4x-1}}
  %0 = "top.Reshape"(%arg0) {shape = [4, -1]} : (tensor<2x3xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<2x3xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Expand' op cannot expand 2x3 to 3x3}}
  %0 = "top.Expand"(%arg0) {shape = [3, 3]} : (tensor<2x3xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<2x3xf32>, %arg1: tensor<2x4x5xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Einsum' op operand shapes do not fit the mode 'ab,acb->ac'}}
  %0 = "top.Einsum"(%arg0, %arg1) {mode = "ab,acb->ac"} : (tensor<2x3xf32>, tensor<2x4x5xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x8xf32>, %arg1: tensor<1x4xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Insert' op cannot put 1x4 into 1x8 at 6 of axis 1}}
  %0 = "top.Insert"(%arg0, %arg1) {axis = 1 : i64, offset = 6 : i64} : (tensor<1x8xf32>, tensor<1x4xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<2x3xf32>, %arg1: tensor<4x3xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Concat' op cannot join 2x3 and 4x3 along dimension 1}}
  %0 = "top.Concat"(%arg0, %arg1) : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f() -> tensor<*xf32> {
  // expected-error@+1 {{'top.Concat' op expects 1 or more operands, found 0}}
  %0 = "top.Concat"() : () -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Pad' op expects 8 values in 'paddings', found 2}}
  %0 = "top.Pad"(%arg0) {mode = "constant", paddings = [0, 0]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<2x2xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Pad' op paddings leave nothing of 2x2}}
  %0 = "top.Pad"(%arg0) {mode = "constant", paddings = [-1, 0, -1, 0]} : (tensor<2x2xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>, %arg1: tensor<1x2xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.GridSampler' op cannot sample 1x16x8x8 with a grid of 1x2}}
  %0 = "top.GridSampler"(%arg0, %arg1) {align_corners = false, mode = 0 : i64, padding_mode = 0 : i64} : (tensor<1x16x8x8xf32>, tensor<1x2xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Squeeze' op cannot squeeze dimension 1 of 1x16x8x8: its size is not 1}}
  %0 = "top.Squeeze"(%arg0) {axes = [1]} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<16x8xf32>, %arg1: tensor<10x5xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.RoiAlign' op expects an input of rank 4, found 16x8}}
  %0 = "top.RoiAlign"(%arg0, %arg1) {align_corners = true, mode = "Avg", output_height = 7 : i64, output_width = 7 : i64, sampling_ratio = 2 : i64, spatial_scale = 2.500000e-01 : f64} : (tensor<16x8xf32>, tensor<10x5xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<10x5xf32>, %arg1: tensor<10xf32>, %arg2: tensor<16x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.RoiExtractor' op expects an input of rank 4, found 16x8}}
  %0 = "top.RoiExtractor"(%arg0, %arg1, %arg2) {align_corners = true, is_static = true, mode = "Avg", num_levels = 1 : i64, output_height = 7 : i64, output_width = 7 : i64, sampling_ratio = 2 : i64, spatial_scales = [2.500000e-01]} : (tensor<10x5xf32>, tensor<10xf32>, tensor<16x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x100x4xf32>, %arg1: tensor<20x100xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Nms' op expects scores of rank 3, found 20x100}}
  %0 = "top.Nms"(%arg0, %arg1) {center_point_box = 0 : i64, max_output_size = 10 : i64} : (tensor<1x100x4xf32>, tensor<20x100xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<8x16x2xf32>, %arg1: tensor<4x16x8x2xf32>, %arg2: tensor<4x16x8x2xf32>, %arg3: tensor<8x16x2xf32>, %arg4: none) -> tensor<*xf32> {
  // expected-error@+1 {{'top.SelectiveScan' op expects an operand 'Cs' of rank 4, found 8x16x2}}
  %0 = "top.SelectiveScan"(%arg0, %arg1, %arg2, %arg3, %arg4) : (tensor<8x16x2xf32>, tensor<4x16x8x2xf32>, tensor<4x16x8x2xf32>, tensor<8x16x2xf32>, none) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<2x3xf32>, %arg1: tensor<2x4xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Pack' op expects operands of one shape, found 2x3 and 2x4}}
  %0 = "top.Pack"(%arg0, %arg1) {axis = 0 : si32, values_count = 2 : i64} : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8xf32>, %arg1: tensor<8x16x3x3xf32>, %arg2: tensor<1x18x6x6xf32>, %arg3: none, %arg4: none) -> tensor<*xf32> {
  // expected-error@+1 {{'top.DeformConv2D' op expects input and filter of rank 4, found 1x16x8 and 8x16x3x3}}
  %0 = "top.DeformConv2D"(%arg0, %arg1, %arg2, %arg3, %arg4) {kernel_shape = [3, 3], pads = [0, 0, 0, 0], strides = [1, 1]} : (tensor<1x16x8xf32>, tensor<8x16x3x3xf32>, tensor<1x18x6x6xf32>, none, none) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<2x3xf32>, %arg1: tensor<5x3xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.GatherND' op expects indices of at most 2 values, found 3 after 0 batch dimensions}}
  %0 = "top.GatherND"(%arg0, %arg1) : (tensor<2x3xf32>, tensor<5x3xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1x16x8x8xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Depth2Space' op cannot move blocks of 3x3 in 1x16x8x8}}
  %0 = "top.Depth2Space"(%arg0) {block_h = 3 : i64, block_w = 3 : i64, is_CRD = true, is_inversed = false} : (tensor<1x16x8x8xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1xf32>, %arg1: tensor<1xf32>, %arg2: tensor<1xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.Range' op expects operands of known rank; '' has none}}
  %0 = "top.Range"(%arg0, %arg1, %arg2) : (tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}

// -----

func.func @f(%arg0: tensor<1xf32>, %arg1: tensor<4xf32>) -> tensor<*xf32> {
  // expected-error@+1 {{'top.If' op expects branches that yield one shape, found 1 and 4 for result #0}}
  %0 = "top.If"(%arg0) ({
    "top.Yield"(%arg0) : (tensor<1xf32>) -> ()
  }, {
    "top.Yield"(%arg1) : (tensor<4xf32>) -> ()
  }) : (tensor<1xf32>) -> tensor<*xf32>
  return %0 : tensor<*xf32>
}
