#!/usr/bin/env bash
# Bmodels that our tools combine and extract are accepted by the vendor's model_tool and run on its simulator with the golden
# outputs; what its model_tool combines and extracts is read by ours, with the same commands.
# Run inside the peer's environment: tests/peer/bmodel_tools.sh BIN_FOLDER
set -euo pipefail
tpuc=$(realpath "$1")/tpuc
golden=$(realpath "${TPUC_SHARED:-$(dirname "$0")/../../../shared}")/golden
cases=(models/rfb320:int8 models/mnist:f32 ops/GatherElements:int8)
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"
# Our programs must not see the peer's libraries.
ours() { env -u LD_LIBRARY_PATH "$tpuc" "$@"; }

files=()
for case in "${cases[@]}"; do files+=("$golden/${case%:*}/${case#*:}.bmodel"); done
ours bmodel combine "${files[@]}" -o combined.bmodel
ours bmodel extract combined.bmodel -o ours
model_tool --info combined.bmodel | grep -c '^net [0-9]' | grep -qx "${#cases[@]}"
mkdir vendor
(cd vendor && model_tool --extract ../combined.bmodel >/dev/null)
# The vendor's own files do not combine (docs/bmodel.md); ours do.
model_tool --combine ours/bm_net*_stage0.bmodel -o vendor.bmodel >/dev/null
ours bmodel diff combined.bmodel vendor.bmodel
ours bmodel check combined.bmodel vendor.bmodel ours/*.bmodel vendor/*.bmodel
for index in "${!cases[@]}"; do
  case=${cases[$index]} name=bm_net${index}_stage0.bmodel
  ours bmodel diff "vendor/$name" "${files[$index]}"
  model_runner.py --input "$golden/${case%:*}/input.npz" --model "ours/$name" --output "out$index.npz" >/dev/null
  python - "out$index.npz" "$golden/${case%:*}/model_${case#*:}_outputs.npz" <<'PYTHON'
import sys, numpy
ours, golden = map(numpy.load, sys.argv[1:])
for name in golden:
    assert numpy.array_equal(ours[name], golden[name]), name
print(sys.argv[2], "equal")
PYTHON
done
