#!/usr/bin/env bash
# The whole way with the shipped network: ONNX to text, calibration, INT8 and F32 bmodels, both on the emulator.
#   demo.sh BIN_DIR [OUT_DIR]
set -euo pipefail
bin=$(realpath "$1")
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
out=${2:-$here/../../out/digits}
mkdir -p "$out"
out=$(realpath "$out")
cd "$out"
tpuc() { "$bin/tpuc" "$@"; }
say() { printf '\n== %s\n' "$*"; }
top1() { printf '%-44s' "$1"; tpuc eval --model "$2" --dataset "$here/digits_test.npz" --input image --label label; }

say "ONNX to MLIR text (digits.mlir)"
tpuc transform --model_name digits --model_def "$here/digits.onnx" --input_shapes '[[1,1,8,8]]' --mean 0 \
  --scale 0.00416666667 --pixel_format gray --test_input "$here/calibration/digit_00.png" \
  --test_result digits_top_outputs.npz --mlir digits.mlir
say "Ranges of all activations (digits_cali_table)"
tpuc calibrate digits.mlir --dataset "$here/calibration" --input_num 48 -o digits_cali_table
for mode in INT8 F32; do
  say "$mode: quantise, lower, generate, compare (digits_${mode,,}.bmodel)"
  table=()
  [[ $mode == INT8 ]] && table=(--calibration_table digits_cali_table)
  tpuc deploy --mlir digits.mlir --quantize "$mode" "${table[@]}" --chip bm1684 --test_input digits_in_f32.npz \
    --test_reference digits_top_outputs.npz --model "digits_${mode,,}.bmodel"
done

say "Top-1 on the 360 held-back images"
top1 "FP32  imported ONNX, reference inference" digits.mlir
top1 "INT8  tpu module, reference inference" digits_bm1684_int8_sym_tpu.mlir
top1 "INT8  bmodel on the emulator" digits_int8.bmodel
top1 "F32   bmodel on the emulator" digits_f32.bmodel
say "What the chip would do for one image"
for mode in int8 f32; do
  printf '%s bmodel: %s bytes\n' "${mode^^}" "$(stat -c %s "digits_$mode.bmodel")"
  tpuc run --model "digits_$mode.bmodel" --input digits_in_f32.npz --output "digits_${mode}_out.npz" --profile
done
say "The files are in $out"
