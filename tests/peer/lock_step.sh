#!/usr/bin/env bash
# Command by command: what each command of the networks' bmodels changes in memory is the same on our emulator and on the
# vendor's simulator: the same runs of bytes in the same lanes, L2 or DDR, with the same CRC-32 of the content.
# Inside the environment of ../shared/peer/setup.sh:
#   tests/peer/lock_step.sh PROGRAMS-FOLDER [SHARED] [MODEL ...]      (a model is NAME/int8 or NAME/f32)
set -euo pipefail
programs=$(realpath "$1") shared=$(realpath "${2:-$(dirname "$0")/../../../shared}")
here=$(realpath "$(dirname "$0")")
shift; [[ $# == 0 ]] || shift
[[ $# != 0 ]] || set -- rfb320/int8 rfb320/f32 fastestdet/int8 fastestdet/f32
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
for model in "$@"; do
  folder=$shared/golden/models/${model%/*} mode=${model#*/}
  env -u LD_LIBRARY_PATH "$programs/tpuc" run --model "$folder/$mode.bmodel" --input "$folder/input.npz" \
    --output "$work/ours.npz" --trace "$work/ours.jsonl" >/dev/null
  python3 "$shared/bm1684/step.py" "$folder/$mode.bmodel" --input "$folder/input.npz" --dump "$work/vendor.jsonl" --hash >/dev/null
  python3 "$here/compare_traces.py" "$model" "$work/ours.jsonl" "$work/vendor.jsonl" || failed=1
done
exit $failed
