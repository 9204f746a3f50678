#!/usr/bin/env bash
# Our bmodels on the vendor's simulator: every network, INT8 and F32, all outputs bit for bit those of our emulator.
# Inside the environment of ../shared/peer/setup.sh:
#   tests/peer/vendor_runs_ours.sh PROGRAMS-FOLDER [SHARED]
set -euo pipefail
programs=$(realpath "$1") shared=$(realpath "${2:-$(dirname "$0")/../../../shared}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failed=0 ran=0
network() {
  local name=$1 picture=$2 shapes=$3 mean=$4 scale=$5 pixel_format=$6 mode
  "$programs/tpuc" transform --model_name "$name" --model_def "$shared/models/$name.onnx" --input_shapes "$shapes" --mean "$mean" \
    --scale "$scale" --pixel_format "$pixel_format" --test_input "$shared/images/$picture" --test_result top.npz --mlir "$name.mlir" >/dev/null
  for mode in INT8 F32; do
    "$programs/tpuc" deploy --mlir "$name.mlir" --quantize $mode --calibration_table "$shared/golden/models/$name/cali_table" \
      --chip bm1684 --test_input "${name}_in_f32.npz" --test_reference top.npz --tolerance 0.5,0.0 --model "$name.bmodel" >/dev/null
    "$programs/tpuc" run --model "$name.bmodel" --input "${name}_in_f32.npz" --output ours.npz >/dev/null
    model_runner.py --model "$name.bmodel" --input "${name}_in_f32.npz" --output vendor.npz >vendor.log 2>&1 || { tail -5 vendor.log; }
    ran=$((ran + 1))
    # Equal bytes, also of negative zeros and NaN.
    if python3 - ours.npz vendor.npz <<'PYTHON'
import sys, numpy
ours, vendor = (numpy.load(name) for name in sys.argv[1:])
same = sorted(ours.files) == sorted(vendor.files) and all(ours[n].tobytes() == vendor[n].astype(ours[n].dtype).tobytes() for n in ours.files)
sys.exit(0 if same and ours.files else 1)
PYTHON
    then echo "$name $mode: equal"; else echo "$name $mode: DIFFERENT"; failed=$((failed + 1)); fi
    rm -f vendor.npz ours.npz
  done
}
network mnist digit5.jpg '[[1,1,28,28]]' 0 1 gray
network rfb320 parade.jpg '[[1,3,240,320]]' 127,127,127 0.0078125,0.0078125,0.0078125 rgb
network fastestdet dog.jpg '[[1,3,352,352]]' 0,0,0 0.0039215686,0.0039215686,0.0039215686 bgr
echo "$((ran - failed)) of $ran equal"
[[ $failed == 0 ]]
