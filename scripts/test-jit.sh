#!/usr/bin/env bash
# Tests of the runtime with the feature `jit`, where LLVM 14 is installed; elsewhere a loud message.
set -euo pipefail

if ! command -v llvm-config-14 >/dev/null && [[ -z ${LLVM_SYS_140_PREFIX:-} ]]; then
  echo "SKIPPED: tests of the JIT: LLVM 14 is not installed (package llvm-14-dev; or set LLVM_SYS_140_PREFIX)" >&2
  exit 0
fi
cargo test --release --locked -p tpuc-runtime --features jit --lib
