#!/usr/bin/env bash
# Installs the onnx package (1.14.1) into a folder and prints where its tests of single operators are. With it:
#   TPUC_ONNX_NODE_TESTS=$(scripts/onnx-node-tests.sh FOLDER) cargo test --release -p tpuc-tests onnx_node_tests -- --nocapture
set -euo pipefail
folder=${1:-target/onnx-node-tests}
if [ ! -d "$folder" ]; then
  python3 -m venv "$folder" >&2
  "$folder/bin/pip" install --quiet onnx==1.14.1 >&2
fi
data=$(find "$(cd "$folder" && pwd)" -type d -path '*/onnx/backend/test/data/node' | head -n 1)
[ -n "$data" ] || { echo "no onnx/backend/test/data/node in $folder" >&2; exit 1; }
echo "$data"
