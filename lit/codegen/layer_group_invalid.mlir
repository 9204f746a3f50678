// RUN: tpuc-opt %s --split-input-file --verify-diagnostics --address-assign --codegen="model_file=%t.bmodel"
// RUN: not ls %t.bmodel

// An operation says nothing of its place.
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "F32", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("in")
    // expected-error@+1 {{'tpu.Group' op 'tpu.Relu' (positive) in a group without a ginfo that makes sense; group the layers with this tool's --layer-group}}
    %1 = "tpu.Group"(%0) ({
      %2 = "tpu.Load"(%0) {do_bcast = false, ginfo = #tpu.lg<out_addr = 0, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 0, stage = 0, slice_idx = 0, group_type = 0>, lmem_type = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("load_in")
      %3 = "tpu.Relu"(%2) {relu_limit = -1.000000e+00 : f64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      %4 = "tpu.Store"(%3) {ginfo = #tpu.lg<out_addr = 1024, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 2, stage = 2, slice_idx = 0, group_type = 0>} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      "tpu.Yield"(%4) : (tensor<1x8x8x16xf32>) -> () loc("positive")
    }) {csecs = 1 : i64, dsecs = 1 : i64, group_type = 0 : i64, hsecs = 1 : i64, nsecs = 1 : i64, swpipl_stage_num = 3 : i64, wsecs = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
    return %1 : tensor<1x8x8x16xf32>
  }
}

// -----

// A place that ends behind the lane.
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "F32", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("in")
    // expected-error@+1 {{'tpu.Group' op 'tpu.Relu' (positive) in a group: memory beyond the end of a lane}}
    %1 = "tpu.Group"(%0) ({
      %2 = "tpu.Load"(%0) {do_bcast = false, ginfo = #tpu.lg<out_addr = 0, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 0, stage = 0, slice_idx = 0, group_type = 0>, lmem_type = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("load_in")
      %3 = "tpu.Relu"(%2) {ginfo = #tpu.lg<out_addr = 524032, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 1, stage = 1, slice_idx = 0, group_type = 0>, relu_limit = -1.000000e+00 : f64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      %4 = "tpu.Store"(%3) {ginfo = #tpu.lg<out_addr = 1024, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 2, stage = 2, slice_idx = 0, group_type = 0>} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      "tpu.Yield"(%4) : (tensor<1x8x8x16xf32>) -> () loc("positive")
    }) {csecs = 1 : i64, dsecs = 1 : i64, group_type = 0 : i64, hsecs = 1 : i64, nsecs = 1 : i64, swpipl_stage_num = 3 : i64, wsecs = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
    return %1 : tensor<1x8x8x16xf32>
  }
}

// -----

// Slices alternate between two places: the second one ends behind the lane.
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "F32", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("in")
    // expected-error@+1 {{'tpu.Group' op 'tpu.Load' (load_in) in a group: memory beyond the end of a lane}}
    %1 = "tpu.Group"(%0) ({
      %2 = "tpu.Load"(%0) {do_bcast = false, ginfo = #tpu.lg<out_addr = 524032, out_size = 256, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0, 4], h_slice = [4, 4], w_idx = [0], w_slice = [16], id = 0, stage = 0, slice_idx = 0, group_type = 0>, lmem_type = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("load_in")
      %3 = "tpu.Relu"(%2) {ginfo = #tpu.lg<out_addr = 1024, out_size = 256, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0, 4], h_slice = [4, 4], w_idx = [0], w_slice = [16], id = 1, stage = 1, slice_idx = 0, group_type = 0>, relu_limit = -1.000000e+00 : f64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      %4 = "tpu.Store"(%3) {ginfo = #tpu.lg<out_addr = 1024, out_size = 256, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0, 4], h_slice = [4, 4], w_idx = [0], w_slice = [16], id = 2, stage = 2, slice_idx = 0, group_type = 0>} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      "tpu.Yield"(%4) : (tensor<1x8x8x16xf32>) -> () loc("positive")
    }) {csecs = 1 : i64, dsecs = 1 : i64, group_type = 0 : i64, hsecs = 2 : i64, nsecs = 1 : i64, swpipl_stage_num = 3 : i64, wsecs = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
    return %1 : tensor<1x8x8x16xf32>
  }
}

// -----

// Numbers that nobody could mean.
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "F32", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("in")
    // expected-error@+1 {{'tpu.Group' op 'tpu.Relu' (positive) in a group without a ginfo that makes sense}}
    %1 = "tpu.Group"(%0) ({
      %2 = "tpu.Load"(%0) {do_bcast = false, ginfo = #tpu.lg<out_addr = 0, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 0, stage = 0, slice_idx = 0, group_type = 0>, lmem_type = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("load_in")
      %3 = "tpu.Relu"(%2) {ginfo = #tpu.lg<out_addr = 9223372036854775807, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 1, stage = 1, slice_idx = 0, group_type = 0>, relu_limit = -1.000000e+00 : f64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      %4 = "tpu.Store"(%3) {ginfo = #tpu.lg<out_addr = 1024, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 2, stage = 2, slice_idx = 0, group_type = 0>} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      "tpu.Yield"(%4) : (tensor<1x8x8x16xf32>) -> () loc("positive")
    }) {csecs = 1 : i64, dsecs = 1 : i64, group_type = 0 : i64, hsecs = 1 : i64, nsecs = 1 : i64, swpipl_stage_num = 3 : i64, wsecs = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
    return %1 : tensor<1x8x8x16xf32>
  }
}

// -----

// A place that is too small for the slice.
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "F32", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("in")
    // expected-error@+1 {{'tpu.Group' op 'tpu.Relu' (positive) in a group: slice 0 of 'positive' does not fit its place}}
    %1 = "tpu.Group"(%0) ({
      %2 = "tpu.Load"(%0) {do_bcast = false, ginfo = #tpu.lg<out_addr = 0, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 0, stage = 0, slice_idx = 0, group_type = 0>, lmem_type = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("load_in")
      %3 = "tpu.Relu"(%2) {ginfo = #tpu.lg<out_addr = 1024, out_size = 256, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 1, stage = 1, slice_idx = 0, group_type = 0>, relu_limit = -1.000000e+00 : f64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      %4 = "tpu.Store"(%3) {ginfo = #tpu.lg<out_addr = 1024, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 2, stage = 2, slice_idx = 0, group_type = 0>} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      "tpu.Yield"(%4) : (tensor<1x8x8x16xf32>) -> () loc("positive")
    }) {csecs = 1 : i64, dsecs = 1 : i64, group_type = 0 : i64, hsecs = 1 : i64, nsecs = 1 : i64, swpipl_stage_num = 3 : i64, wsecs = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
    return %1 : tensor<1x8x8x16xf32>
  }
}

// -----

// Not as many slices as the group has.
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "F32", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("in")
    // expected-error@+1 {{'tpu.Group' op 'tpu.Load' (load_in) in a group: 1 and 1 slices where the group has 1 and 2}}
    %1 = "tpu.Group"(%0) ({
      %2 = "tpu.Load"(%0) {do_bcast = false, ginfo = #tpu.lg<out_addr = 0, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 0, stage = 0, slice_idx = 0, group_type = 0>, lmem_type = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("load_in")
      %3 = "tpu.Relu"(%2) {ginfo = #tpu.lg<out_addr = 1024, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 1, stage = 1, slice_idx = 0, group_type = 0>, relu_limit = -1.000000e+00 : f64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      %4 = "tpu.Store"(%3) {ginfo = #tpu.lg<out_addr = 1024, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 2, stage = 2, slice_idx = 0, group_type = 0>} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      "tpu.Yield"(%4) : (tensor<1x8x8x16xf32>) -> () loc("positive")
    }) {csecs = 1 : i64, dsecs = 1 : i64, group_type = 0 : i64, hsecs = 2 : i64, nsecs = 1 : i64, swpipl_stage_num = 3 : i64, wsecs = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
    return %1 : tensor<1x8x8x16xf32>
  }
}

// -----

// An empty slice.
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "F32", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("in")
    // expected-error@+1 {{'tpu.Group' op 'tpu.Relu' (positive) in a group: an empty slice}}
    %1 = "tpu.Group"(%0) ({
      %2 = "tpu.Load"(%0) {do_bcast = false, ginfo = #tpu.lg<out_addr = 0, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 0, stage = 0, slice_idx = 0, group_type = 0>, lmem_type = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("load_in")
      %3 = "tpu.Relu"(%2) {ginfo = #tpu.lg<out_addr = 1024, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [0], w_idx = [0], w_slice = [16], id = 1, stage = 1, slice_idx = 0, group_type = 0>, relu_limit = -1.000000e+00 : f64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      %4 = "tpu.Store"(%3) {ginfo = #tpu.lg<out_addr = 1024, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 2, stage = 2, slice_idx = 0, group_type = 0>} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      "tpu.Yield"(%4) : (tensor<1x8x8x16xf32>) -> () loc("positive")
    }) {csecs = 1 : i64, dsecs = 1 : i64, group_type = 0 : i64, hsecs = 1 : i64, nsecs = 1 : i64, swpipl_stage_num = 3 : i64, wsecs = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
    return %1 : tensor<1x8x8x16xf32>
  }
}

// -----

// Rows that the tensor does not have.
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "F32", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("in")
    // expected-error@+1 {{'tpu.Group' op 'tpu.Relu' (positive) in a group: slice 0 of 'positive' does not fit its place}}
    %1 = "tpu.Group"(%0) ({
      %2 = "tpu.Load"(%0) {do_bcast = false, ginfo = #tpu.lg<out_addr = 0, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 0, stage = 0, slice_idx = 0, group_type = 0>, lmem_type = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("load_in")
      %3 = "tpu.Relu"(%2) {ginfo = #tpu.lg<out_addr = 1024, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [2], h_slice = [8], w_idx = [0], w_slice = [16], id = 1, stage = 1, slice_idx = 0, group_type = 0>, relu_limit = -1.000000e+00 : f64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      %4 = "tpu.Store"(%3) {ginfo = #tpu.lg<out_addr = 1024, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 2, stage = 2, slice_idx = 0, group_type = 0>} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      "tpu.Yield"(%4) : (tensor<1x8x8x16xf32>) -> () loc("positive")
    }) {csecs = 1 : i64, dsecs = 1 : i64, group_type = 0 : i64, hsecs = 1 : i64, nsecs = 1 : i64, swpipl_stage_num = 3 : i64, wsecs = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
    return %1 : tensor<1x8x8x16xf32>
  }
}

// -----

// The operation reads rows that were not loaded.
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "F32", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("in")
    // expected-error@+1 {{'tpu.Group' op 'tpu.Relu' (positive) in a group: rows 0..8 of 'load_in', of which 0..4 are in local memory}}
    %1 = "tpu.Group"(%0) ({
      %2 = "tpu.Load"(%0) {do_bcast = false, ginfo = #tpu.lg<out_addr = 0, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [4], w_idx = [0], w_slice = [16], id = 0, stage = 0, slice_idx = 0, group_type = 0>, lmem_type = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("load_in")
      %3 = "tpu.Relu"(%2) {ginfo = #tpu.lg<out_addr = 1024, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 1, stage = 1, slice_idx = 0, group_type = 0>, relu_limit = -1.000000e+00 : f64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      %4 = "tpu.Store"(%3) {ginfo = #tpu.lg<out_addr = 1024, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 2, stage = 2, slice_idx = 0, group_type = 0>} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      "tpu.Yield"(%4) : (tensor<1x8x8x16xf32>) -> () loc("positive")
    }) {csecs = 1 : i64, dsecs = 1 : i64, group_type = 0 : i64, hsecs = 1 : i64, nsecs = 1 : i64, swpipl_stage_num = 3 : i64, wsecs = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
    return %1 : tensor<1x8x8x16xf32>
  }
}

// -----

// Rows are stored that are not there.
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "F32", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("in")
    // expected-error@+1 {{'tpu.Group' op 'tpu.Store' (positive) in a group: rows that are not in local memory}}
    %1 = "tpu.Group"(%0) ({
      %2 = "tpu.Load"(%0) {do_bcast = false, ginfo = #tpu.lg<out_addr = 0, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [4], w_idx = [0], w_slice = [16], id = 0, stage = 0, slice_idx = 0, group_type = 0>, lmem_type = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("load_in")
      %3 = "tpu.Relu"(%2) {ginfo = #tpu.lg<out_addr = 1024, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [4], w_idx = [0], w_slice = [16], id = 1, stage = 1, slice_idx = 0, group_type = 0>, relu_limit = -1.000000e+00 : f64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      %4 = "tpu.Store"(%3) {ginfo = #tpu.lg<out_addr = 1024, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 2, stage = 2, slice_idx = 0, group_type = 0>} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      "tpu.Yield"(%4) : (tensor<1x8x8x16xf32>) -> () loc("positive")
    }) {csecs = 1 : i64, dsecs = 1 : i64, group_type = 0 : i64, hsecs = 1 : i64, nsecs = 1 : i64, swpipl_stage_num = 3 : i64, wsecs = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
    return %1 : tensor<1x8x8x16xf32>
  }
}

// -----

// Slices over columns.
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "F32", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("in")
    // expected-error@+1 {{'tpu.Group' op slices over channels, depth or columns; group the layers with this tool's --layer-group}}
    %1 = "tpu.Group"(%0) ({
      %2 = "tpu.Load"(%0) {do_bcast = false, ginfo = #tpu.lg<out_addr = 0, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 0, stage = 0, slice_idx = 0, group_type = 0>, lmem_type = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("load_in")
      %3 = "tpu.Relu"(%2) {ginfo = #tpu.lg<out_addr = 1024, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 1, stage = 1, slice_idx = 0, group_type = 0>, relu_limit = -1.000000e+00 : f64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      %4 = "tpu.Store"(%3) {ginfo = #tpu.lg<out_addr = 1024, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 2, stage = 2, slice_idx = 0, group_type = 0>} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      "tpu.Yield"(%4) : (tensor<1x8x8x16xf32>) -> () loc("positive")
    }) {csecs = 1 : i64, dsecs = 1 : i64, group_type = 0 : i64, hsecs = 1 : i64, nsecs = 1 : i64, swpipl_stage_num = 3 : i64, wsecs = 2 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
    return %1 : tensor<1x8x8x16xf32>
  }
}

// -----

// A number of slices that makes no sense.
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "F32", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("in")
    // expected-error@+1 {{'tpu.Group' op 'nsecs' and 'hsecs' must be from 1 to 4096}}
    %1 = "tpu.Group"(%0) ({
      %2 = "tpu.Load"(%0) {do_bcast = false, ginfo = #tpu.lg<out_addr = 0, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 0, stage = 0, slice_idx = 0, group_type = 0>, lmem_type = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("load_in")
      %3 = "tpu.Relu"(%2) {ginfo = #tpu.lg<out_addr = 1024, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 1, stage = 1, slice_idx = 0, group_type = 0>, relu_limit = -1.000000e+00 : f64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      %4 = "tpu.Store"(%3) {ginfo = #tpu.lg<out_addr = 1024, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 2, stage = 2, slice_idx = 0, group_type = 0>} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      "tpu.Yield"(%4) : (tensor<1x8x8x16xf32>) -> () loc("positive")
    }) {csecs = 1 : i64, dsecs = 1 : i64, group_type = 0 : i64, hsecs = 0 : i64, nsecs = 1 : i64, swpipl_stage_num = 3 : i64, wsecs = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
    return %1 : tensor<1x8x8x16xf32>
  }
}

// -----

// An operation that is not computed in local memory.
module @net attributes {module.addr_mode = "basic", module.asymmetric = false, module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "F32", module.platform = "ONNX", module.q_group_size = 0 : i64, module.q_symmetric = false, module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("in")
    %9 = "top.None"() : () -> none
    // expected-error@+1 {{'tpu.Group' op 'tpu.Permute' (positive) in a group: an operation that cannot be computed in local memory; group the layers with this tool's --layer-group}}
    %1 = "tpu.Group"(%0) ({
      %2 = "tpu.Load"(%0) {do_bcast = false, ginfo = #tpu.lg<out_addr = 0, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 0, stage = 0, slice_idx = 0, group_type = 0>, lmem_type = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("load_in")
      %3 = "tpu.Permute"(%2, %9) {ginfo = #tpu.lg<out_addr = 1024, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 1, stage = 1, slice_idx = 0, group_type = 0>, order = [0, 2, 1, 3]} : (tensor<1x8x8x16xf32>, none) -> tensor<1x8x8x16xf32> loc("positive")
      %4 = "tpu.Store"(%3) {ginfo = #tpu.lg<out_addr = 1024, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [8], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [8], w_idx = [0], w_slice = [16], id = 2, stage = 2, slice_idx = 0, group_type = 0>} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
      "tpu.Yield"(%4) : (tensor<1x8x8x16xf32>) -> () loc("positive")
    }) {csecs = 1 : i64, dsecs = 1 : i64, group_type = 0 : i64, hsecs = 1 : i64, nsecs = 1 : i64, swpipl_stage_num = 3 : i64, wsecs = 1 : i64} : (tensor<1x8x8x16xf32>) -> tensor<1x8x8x16xf32> loc("positive")
    return %1 : tensor<1x8x8x16xf32>
  }
}
