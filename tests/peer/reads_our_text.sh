#!/usr/bin/env bash
# The real tpuc-opt reads what ours writes, at every stage, with our weights beside it, and runs its own next stage on it,
# down to a bmodel. (It crashes when it is to read and print an addressed program, its own ones too, so that stage is left out.)
# Inside the environment of ../shared/peer/setup.sh:
#   tests/peer/reads_our_text.sh PROGRAMS-FOLDER [SHARED]
set -euo pipefail
programs=$(realpath "$1") shared=$(realpath "${2:-$(dirname "$0")/../../../shared}")
opt=$TPUC_PEER/bin/tpuc-opt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failed=0 ran=0
stage() {
  local what=$1
  shift
  ran=$((ran + 1))
  if "$@" >log 2>&1; then echo "$what: passed"; else echo "$what: FAILED"; tail -3 log; failed=$((failed + 1)); fi
}
network() {
  local name=$1 picture=$2 shapes=$3 mean=$4 scale=$5 pixel_format=$6 mode low table
  "$programs/tpuc" transform --model_name "$name" --model_def "$shared/models/$name.onnx" --input_shapes "$shapes" --mean "$mean" \
    --scale "$scale" --pixel_format "$pixel_format" --test_input "$shared/images/$picture" --test_result top.npz --mlir "$name.mlir" \
    --debug >/dev/null
  [[ -e ${name}_origin.mlir ]] && stage "$name origin" "$opt" "${name}_origin.mlir" --struct-optimize --shape-infer --canonicalize --extra-optimize -o next.mlir
  table=$shared/golden/models/$name/cali_table
  for mode in INT8 F32; do
    low=--processor-assign="chip=bm1684 mode=$mode num_device=1 num_core=1 addr_mode=auto high_precision=False"
    stage "$name top, lowered to $mode" "$opt" "$name.mlir" "$low" \
      --import-calibration-table="file=$table asymmetric=False" --processor-top-optimize \
      --convert-top-to-tpu="weightFileName=next.npz asymmetric=False" --canonicalize --weight-fold -o next.mlir
    "$programs/tpuc" deploy --mlir "$name.mlir" --quantize $mode --calibration_table "$table" --chip bm1684 --model "$name.bmodel" >/dev/null
    local kind=f32
    [[ $mode == INT8 ]] && kind=int8_sym
    stage "$name tpu $mode, to addresses" "$opt" "${name}_bm1684_${kind}_tpu.mlir" --mlir-disable-threading \
      --strip-io-quant="quant_input=False quant_output=False quant_input_list= quant_output_list= quant_output_bf16=False" \
      --processor-tpu-optimize --dev-parallel --weight-reorder --subnet-divide="dynamic=False" --op-reorder --topo-sort \
      --layer-group="opt=2 group_by_cores=auto compress_mode=none" --affine-opt --core-parallel --after-layergroup-weight-reorder \
      --address-assign -o final.mlir --debug_cmd=
    # Layer groups are read as they are; their number stays.
    "$programs/tpuc-opt" "${name}_bm1684_${kind}_tpu.mlir" --processor-tpu-optimize --weight-reorder --layer-group -o grouped.mlir
    stage "$name tpu $mode, with our layer groups" "$opt" grouped.mlir --canonicalize -o next.mlir
    stage "$name tpu $mode, number of groups" test "$(grep -c '"tpu.Group"' grouped.mlir)" = "$(grep -c '"tpu.Group"' next.mlir)"
    stage "$name $mode, bmodel from our tpu program" "$opt" final.mlir \
      --codegen="model_file=theirs.bmodel embed_debug_info=False model_version=latest bmodel_only=False gdma_check=False rvti=False" \
      -o /dev/null
    # Their code from our program computes what ours does.
    for model in "$name" theirs; do
      "$programs/tpuc" run --model "$model.bmodel" --input "${name}_in_f32.npz" --output "$model.npz" >/dev/null
    done
    stage "$name $mode, the two bmodels' outputs" "$programs/tpuc" npz compare "$name.npz" theirs.npz --tolerance 0.9999,0.999
  done
}
network mnist digit5.jpg '[[1,1,28,28]]' 0 1 gray
network rfb320 parade.jpg '[[1,3,240,320]]' 127,127,127 0.0078125,0.0078125,0.0078125 rgb
network fastestdet dog.jpg '[[1,3,352,352]]' 0,0,0 0.0039215686,0.0039215686,0.0039215686 bgr
echo "$((ran - failed)) of $ran passed"
[[ $failed == 0 ]]
