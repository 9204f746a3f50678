// RUN: tpuc-opt %s --verify-roundtrip --processor-assign="chip=bm1684 mode=INT8" | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --processor-assign | FileCheck %s --check-prefix=DEFAULT
// RUN: not tpuc-opt %s --processor-assign="chip=bm1690" 2>&1 | FileCheck %s --check-prefix=CHIP
// RUN: not tpuc-opt %s --processor-assign="mode=BF16" 2>&1 | FileCheck %s --check-prefix=MODE
// RUN: tpuc-opt %s --processor-assign="addr_mode=io_alone" | FileCheck %s --check-prefix=ALONE
// RUN: not tpuc-opt %s --processor-assign="addr_mode=io_tag" 2>&1 | FileCheck %s --check-prefix=TAG
// RUN: not tpuc-opt %s --processor-assign="addr_mode=other" 2>&1 | FileCheck %s --check-prefix=OTHER

// CHECK: module @net attributes {module.addr_mode = "basic", module.chip = "bm1684", module.cores = 1 : i64, module.devices = 1 : i64, module.high_precision = false, module.mode = "INT8"
// DEFAULT: module.chip = "bm1684"{{.*}}module.mode = "F32"
// CHIP: error: {{.*}}bm1690
// MODE: error: {{.*}}BF16
// ALONE: module.addr_mode = "io_alone"
// TAG: error: address mode 'io_tag' moves inputs and outputs when the model runs, which commands of bm1684 cannot: use io_alone, which keeps them apart, or auto, basic, in_reuse
// OTHER: error: unknown address mode 'other': auto, basic, io_alone and in_reuse are supported on bm1684
module @net attributes {module.chip = "ALL", module.platform = "ONNX", module.state = "TOP_F32", module.top_run_mode = "STATIC"} {
  func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
    %0 = "top.Input"(%arg0) {do_preprocess = false} : (tensor<4xf32>) -> tensor<4xf32> loc("in")
    return %0 : tensor<4xf32>
  }
}
