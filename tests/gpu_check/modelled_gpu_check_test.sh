#!/usr/bin/env bash
# Runs tools/gpu_check.sh from its start to its report with the modelled GPU (docs/cuda_model.md) in place of a GPU: tests,
# benchmarks and planted faults are those of a build with SSD_CUDA=MODEL, and the modelled GPU finds the faults for
# compute-sanitizer. Stand-ins: nvidia-smi, nvcc, PyTorch, and the build itself.
#   modelled_gpu_check_test.sh BUILD
set -euo pipefail
command -v python3 >/dev/null || { echo "skipped: python3, which writes the report, is missing"; exit 0; }
model=$(realpath "$1")
cd "$(dirname "$0")/../.."
. tests/gpu_check/stand_ins.sh
export MODEL=$model OMP_NUM_THREADS=1 SSD_GPU_SECONDS=3000 SSD_GPU_PATIENCE=10
nccl_is_here

# What the build would have made.
mkdir -p "$SSD_GPU_BUILD/bin"
ln -s "$model/tests" "$SSD_GPU_BUILD/tests"
ln -s "$folder/bin/ssdbench" "$SSD_GPU_BUILD/bin/ssdbench"
stand_in cmake </dev/null
{
  for test in gpu_step gpu_nccl simt_gpu relu device_batch config; do
    cases='' label=gpu
    case $test in gpu_step) cases=' "first losses on a GPU are the CPU'\''s"' ;; relu) label=ops ;; device_batch) label=run ;; config) label=tools ;; esac
    program=$model/tests/${test}_test
    [ $test != config ] || program=/bin/true
    echo "add_test(${test}_test \"$program\"$cases)"
    echo "set_tests_properties(${test}_test PROPERTIES LABELS $label)"
  done
} >"$SSD_GPU_BUILD/CTestTestfile.cmake"
export SSD_TEST_FEW_ROUNDS=1  # fewer random cases

# A small model on the modelled GPU, whatever batch was asked for. The peaks of the table of operations are made up: to
# measure them takes large convolutions.
"$model/bin/ssddata" synth "$folder/shapes" --train 4 --val 2 --width 96 --height 96
"$model/bin/ssdtrain" --config configs/shapes_demo.json --device cpu --output-dir "$folder/run" train.steps=1 train.batch_size=2 \
  eval.every_steps=0 model.input_height=64 model.input_width=64 model.backbone_width=8 model.units=[1,1,1,1] \
  model.fpn_channels=16 model.head_channels=16 model.head_depth=1 \
  data.train.annotations="$folder/shapes/annotations/instances_train.json" data.train.images="$folder/shapes/images" \
  data.val.annotations="$folder/shapes/annotations/instances_val.json" data.val.images="$folder/shapes/images" \
  >"$folder/out_training" 2>&1 || fail "no model for the benchmarks"
stand_in ssdbench <<'END_'
precision=$(sed -n 's/.*--precision \([a-z0-9]*\).*/\1/p' <<<"$*") frozen=
case "$*" in *--frozen*) frozen=--frozen ;; esac
kept=$STAND_INS/$1-$precision$frozen.json
small=(--json --checkpoint "$STAND_INS/run" --memory-gib 0.25)
[ -e "$kept" ] || case $1 in
  op) "$MODEL/bin/ssdbench" op "${small[@]}" --device cuda --precision "$precision" $frozen --deterministic --batch 2 \
       --mode train --runs 3 --peak-tflop 900 --peak-gb 4000 >"$kept" || { rm "$kept"; exit 1; } ;;
  *) "$MODEL/bin/ssdbench" "$1" "${small[@]}" --device cuda --precision "$precision" $frozen --deterministic --batch 2 \
       --warmup 1 --steps 3 >"$kept" || { rm "$kept"; exit 1; } ;;
esac
named_row "$kept" "$@"
END_

# The modelled GPU checks every program; a few of them show it here.
stand_in compute-sanitizer <<'END_'
while [ $# -gt 0 ]; do
  case "$1" in
    --help) echo "  --kernel-name arg"; exit 0 ;;
    --*) shift 2 ;;
    *) break ;;
  esac
done
case "$1" in */planted_fault | */relu_test | */anchors_test) "$@" || exit 99 ;; esac
END_

run 0
[ "$(sed -n 1p "$folder/out" | cut -c1-15)" = "== NVIDIA H200;" ] || fail "the GPU does not come first"
printed_in_order "== build: passed" "== first kernels: passed" "== benchmark: passed" "Everything passed." \
  "training, batch norm on batch statistics: " "next: tools/gpu_check.sh test sanitize"
grep -q "All tests passed" "$SSD_GPU_BUILD/check/logs/simt_gpu_test.log" || fail "the first kernels did not run"
grep -q '"device":"[^"]*modelled GPU' "$SSD_GPU_BUILD"/check/step_train_*.json || fail "nothing was measured on the modelled GPU"
reported "| inference with NMS |"

run 0 test sanitize
printed "== test plans: passed ("
printed "== test nccl: passed ("
printed "== test device: passed ("
grep -q "gpu_nccl_test .*Passed" "$SSD_GPU_BUILD/check/logs/test_nccl.log" || fail "NCCL did not run"
grep -c " Passed " "$SSD_GPU_BUILD/check/logs/test_device.log" | grep -qx 2 || fail "not the tests of the device"
[ -n "$(ls "$SSD_GPU_BUILD/cache/test_plans")" ] || fail "the tests keep no plans for each other"
for tool in memcheck racecheck synccheck; do printed "== sanitize $tool: passed"; done
printed "== sanitize initcheck: not run"  # the modelled GPU does not notice what is read before it is written
printed "Nothing failed; not run: sanitize initcheck."

run 0 host
printed "== test host: passed ("
echo "modelled_gpu_check_test: passed"
