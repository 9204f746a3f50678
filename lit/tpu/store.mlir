// RUN: tpuc-opt %s --verify-roundtrip | FileCheck %s

module @Store attributes {module.chip = "bm1684", module.mode = "INT8", module.platform = "ONNX", module.state = "TPU_LOWERED", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<10x2xf32>) -> tensor<10x2xf32, 4379906048 : i64> {
    %0 = "top.None"() : () -> none
    // CHECK: "tpu.Store"(%arg0, %0) {ginfo = #tpu.lg<out_addr = 0, out_size = 1280, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [10], c_idx = [0], c_slice = [2], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [1], w_idx = [0], w_slice = [1], id = 6, stage = 2, slice_idx = 0, group_type = 0>, support_compress = true} : (tensor<10x2xf32>, none) -> tensor<10x2xf32, 4379906048 : i64>
    %1 = "tpu.Store"(%arg0, %0) {ginfo = #tpu.lg<out_addr = 0, out_size = 1280, buffer_addr = 0, buffer_size = 0, eu_align = true, can_merge = false, in_hslice_offset = [], n_idx = [0], n_slice = [10], c_idx = [0], c_slice = [2], d_idx = [0], d_slice = [1], h_idx = [0], h_slice = [1], w_idx = [0], w_slice = [1], id = 6, stage = 2, slice_idx = 0, group_type = 0>, support_compress = true} : (tensor<10x2xf32>, none) -> tensor<10x2xf32, 4379906048 : i64> loc("1_HardSwish")
    return %1 : tensor<10x2xf32, 4379906048 : i64>
  }
}
