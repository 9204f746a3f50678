// RUN: not tpuc-opt %s --strip-debuginf 2>&1 | FileCheck %s --check-prefix=FLAG
// RUN: not tpuc-opt %s --strip-debuginfo="all=true" 2>&1 | FileCheck %s --check-prefix=OPTION
// RUN: not tpuc-opt %s --pass-pipeline="builtin.module(strip)" 2>&1 | FileCheck %s --check-prefix=PIPELINE
// RUN: not tpuc-opt %s.missing 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: rm -f %t.mlir; not tpuc-opt %s -o %t.mlir 2>&1 | FileCheck %s
// RUN: not ls %t.mlir
// RUN: not tpuc-opt %s -o %t.no/such/folder.mlir --allow-unregistered-dialect 2>&1 | FileCheck %s --check-prefix=FOLDER

// FLAG: error: unexpected argument '--strip-debuginf' found
// FLAG: '--strip-debuginfo'
// OPTION: error: unknown option 'all' of --strip-debuginfo: it has no options
// PIPELINE: error: unknown pass 'strip'
// MISSING: error: cannot open input file '{{.*}}errors.mlir.missing'
// FOLDER: error: {{.*}}no/such/folder.mlir

// CHECK: error: unregistered operation 'top.Nonne'; did you mean top.None
// CHECK: errors.mlir:[[@LINE+2]]:6
// CHECK: %0 = "top.Nonne"
%0 = "top.Nonne"() : () -> none loc("none")
