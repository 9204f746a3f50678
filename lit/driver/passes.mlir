// RUN: tpuc-opt %s --verify-roundtrip --strip-debuginfo | FileCheck %s
// RUN: tpuc-opt %s -strip-debuginfo -o %t.mlir && FileCheck %s < %t.mlir
// RUN: tpuc-opt - --pass-pipeline="builtin.module(strip-debuginfo)" < %s | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --mlir-disable-threading --verify-each=false --strip-debuginfo | FileCheck %s
// RUN: tpuc-opt %s --verify-roundtrip --strip-debuginfo --mlir-print-ir-before=strip-debuginfo --mlir-print-ir-after-all -o %t.mlir 2>&1 | FileCheck %s --check-prefix=DUMP
// RUN: tpuc-opt %s --verify-roundtrip --strip-debuginfo --strip-debuginfo --mlir-print-ir-after-change -o %t.mlir 2>&1 | FileCheck %s --check-prefix=CHANGE
// RUN: tpuc-opt %s --verify-roundtrip --strip-debuginfo --mlir-timing -o %t.mlir 2>&1 | FileCheck %s --check-prefix=TIMING
// RUN: tpuc-opt --list-passes | FileCheck %s --check-prefix=LIST
// RUN: tpuc-opt --help | FileCheck %s --check-prefix=HELP
// RUN: tpuc-opt --show-dialects | FileCheck %s --check-prefix=DIALECTS

// CHECK: "top.None"() : () -> none loc(#loc)
%0 = "top.None"() : () -> none loc("none")

// DUMP: // -----// IR Dump Before strip-debuginfo (strip-debuginfo) //----- //
// DUMP: loc("none")
// DUMP: // -----// IR Dump After strip-debuginfo (strip-debuginfo) //----- //
// DUMP-NOT: loc("none")

// CHANGE: // -----// IR Dump After strip-debuginfo
// CHANGE-NOT: // -----// IR Dump

// TIMING: Execution time report
// TIMING: Parser
// TIMING: --strip-debuginfo
// TIMING: Total

// LIST: general:
// LIST: --strip-debuginfo

// HELP: Usage: tpuc-opt [OPTIONS] [input]
// HELP: --strip-debuginfo

// DIALECTS: Available Dialects: builtin,func,quant,top,tpu
