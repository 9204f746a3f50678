// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Load attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<1xf32, 4379910144 : i64>) -> tensor<1xf32> {
    // CHECK: "tpu.Load"(%arg0) {do_bcast = false, ginfo = #tpu.lg<out_addr = 262144, out_size = 128, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [1], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [1], w_idx = [0], w_slice = [1], id = 0, stage = 0, slice_idx = 0, group_type = 0>, is_idx_weight = false, lmem_type = 1 : i64, support_compress = true, use_3ic_optimize = 0 : i64} : (tensor<1xf32, 4379910144 : i64>) -> tensor<1xf32>
    %0 = "tpu.Load"(%arg0) {do_bcast = false, ginfo = #tpu.lg<out_addr = 262144, out_size = 128, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [1], c_idx = [0], c_slice = [1], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [1], w_idx = [0], w_slice = [1], id = 0, stage = 0, slice_idx = 0, group_type = 0>, is_idx_weight = false, lmem_type = 1 : i64, support_compress = true, use_3ic_optimize = 0 : i64} : (tensor<1xf32, 4379910144 : i64>) -> tensor<1xf32> loc("load_0")
    return %0 : tensor<1xf32>
  }
}
