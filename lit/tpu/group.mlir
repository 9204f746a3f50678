// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Group attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_ADDRESSED", module.top_run_mode = "STATIC"} {
  // CHECK-LABEL: func.func @subfunc_0
  // CHECK-SAME: attributes {id = 0 : i64, mode = #tpu<run_mode TPU_STATIC>, next_index = array<i32: -1>} {
  func.func @subfunc_0(%arg0: tensor<1x32x128xi8, 4379901952 : i64> loc("input")) -> tensor<1x32x128xi8, 4379918336 : i64> attributes {id = 0 : i64, mode = #tpu<run_mode TPU_STATIC>, next_index = array<i32: -1>} {
    %0 = "top.None"() : () -> none
    // CHECK: %1 = "tpu.Group"(%arg0) ({
    // CHECK-NEXT: %2 = "tpu.Load"(%arg0) {do_bcast = false, ginfo = #tpu.lg<out_addr = 0, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [32], d_idx = [0], d_slice = [1], h_idx = [0, 64], h_slice = [64, 64], w_idx = [0], w_slice = [1], id = 0, stage = 0, slice_idx = 0, group_type = 0>,
    // CHECK-NEXT: %3 = "tpu.Store"(%2, %0) {ginfo = #tpu.lg<
    // CHECK-NEXT: "tpu.Yield"(%3) : (tensor<1x32x128xi8, 4379918336 : i64>) -> ()
    // CHECK-NEXT: }) {core_slice_ncdhw = [], csecs = 1 : i64, dsecs = 1 : i64, flow = [-1, 1, 0], group_type = 0 : i64, hsecs = 2 : i64, nsecs = 1 : i64, other_down_overlap_op = [], other_up_overlap_op = [], run_core_id = [], self_down_overlap_op = [], self_up_overlap_op = [], support_compress = true, swpipl_stage_num = 2 : i64, wsecs = 1 : i64} : (tensor<1x32x128xi8, 4379901952 : i64>) -> tensor<1x32x128xi8, 4379918336 : i64>
    %1 = "tpu.Group"(%arg0) ({
      %2 = "tpu.Load"(%arg0) {do_bcast = false, ginfo = #tpu.lg<out_addr = 0, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [32], d_idx = [0], d_slice = [1], h_idx = [0, 64], h_slice = [64, 64], w_idx = [0], w_slice = [1], id = 0, stage = 0, slice_idx = 0, group_type = 0>, is_idx_weight = false, lmem_type = 1 : i64, support_compress = true, use_3ic_optimize = 0 : i64} : (tensor<1x32x128xi8, 4379901952 : i64>) -> tensor<1x32x128xi8> loc("load_0")
      %3 = "tpu.Store"(%2, %0) {ginfo = #tpu.lg<out_addr = 0, out_size = 512, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [32], d_idx = [0], d_slice = [1], h_idx = [0, 64], h_slice = [64, 64], w_idx = [0], w_slice = [1], id = 1, stage = 1, slice_idx = 0, group_type = 0>, support_compress = true} : (tensor<1x32x128xi8>, none) -> tensor<1x32x128xi8, 4379918336 : i64> loc("output")
      "tpu.Yield"(%3) : (tensor<1x32x128xi8, 4379918336 : i64>) -> () loc("output")
    }) {core_slice_ncdhw = [], csecs = 1 : i64, dsecs = 1 : i64, flow = [-1, 1, 0], group_type = 0 : i64, hsecs = 2 : i64, nsecs = 1 : i64, other_down_overlap_op = [], other_up_overlap_op = [], run_core_id = [], self_down_overlap_op = [], self_up_overlap_op = [], support_compress = true, swpipl_stage_num = 2 : i64, wsecs = 1 : i64} : (tensor<1x32x128xi8, 4379901952 : i64>) -> tensor<1x32x128xi8, 4379918336 : i64> loc("output")
    return %1 : tensor<1x32x128xi8, 4379918336 : i64>
  }
}
