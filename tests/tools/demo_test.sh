#!/usr/bin/env bash
# tools/demo.sh from its start to its end on made-up machines: without a driver, with a driver but without nvcc, and with
# all that a GPU needs. The programs are those of a build, and train a smaller model for two steps.
#   demo_test.sh BUILD         on the CPU
#   demo_test.sh BUILD cuda    BUILD is one with SSD_CUDA=MODEL, whose GPU is in place of the driver's, too
set -euo pipefail
build=$(realpath "$1") device=${2:-cpu}
project=$(realpath "$(dirname "$0")/../..")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export STAND_INS=$folder BUILT=$build/bin PROJECT=$project PATH=$folder/bin:$PATH
export XDG_CACHE_HOME=$folder/cache OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
mkdir -p "$folder/bin" "$folder/programs" "$folder/demo/tools" "$folder/root/include"
ln -s "$project/configs" "$folder/demo/configs"
ln -s "$project"/tools/{demo,setup}.sh "$folder/demo/tools/"

# What this machine has must not be found.
cat >"$folder/demo/tools/find_cuda.sh" <<'END_'
. "$PROJECT/tools/find_cuda.sh"
find_nvcc() { nvcc=${MADE_UP_NVCC:-}; }
find_library() { [ "$1" != libcudnn.so.9 ] || echo "$STAND_INS/root/lib/libcudnn.so.9"; }
END_
export CUDNN_ROOT=$folder/root
touch "$folder/root/include/cudnn_graph.h"

stand_in() { # path; its text comes from stdin
  { echo '#!/usr/bin/env bash'; echo 'echo "${0##*/} $*" >>"$STAND_INS/calls"'; cat; } >"$folder/$1"
  chmod +x "$folder/$1"
}
stand_in bin/dpkg-query <<<'echo "install ok installed"'
stand_in bin/nvidia-smi <<'END_'
[ -n "${MADE_UP_GPU:-}" ] || { echo "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver." >&2; exit 9; }
case "$*" in -L) echo "GPU 0: $MADE_UP_GPU (UUID: GPU-1)" ;; *) echo "$MADE_UP_GPU, 9.0" ;; esac
END_
stand_in bin/cmake <<'END_'
if [ "$1" = --build ]; then ln -sfn "$STAND_INS/programs" "$2/bin"; else mkdir -p "$4"; fi
END_
for program in ssdeval ssddetect; do stand_in "programs/$program" <<<"exec \"\$BUILT/$program\" \"\$@\""; done
stand_in programs/ssddata <<<'exec "$BUILT/ssddata" "$@" --train 8 --val 4 --width 96 --height 96'
stand_in programs/ssdtrain <<'END_'
exec "$BUILT/ssdtrain" "$@" train.steps=2 train.batch_size=2 train.memory_gib=0.25 train.schedule.warmup_steps=0 \
  model.input_height=64 model.input_width=64 model.backbone_width=8 model.units=[1,1,1,1] model.fpn_channels=16 \
  model.head_channels=16 model.head_depth=1
END_

fail() { echo "demo_test: $1" >&2; tail -n 30 "$folder/out" >&2; exit 1; }
demo() { # what it must print; what it must call
  : >"$folder/calls"
  "$folder/demo/tools/demo.sh" "$folder/results" >"$folder/out" 2>&1 || fail "it ended with $?"
  grep -qF -- "$1" "$folder/out" || fail "it did not print: $1"
  shift
  for call in "$@"; do grep -qE -- "$call" "$folder/calls" || fail "never called: $call"; done
  grep -q "^Done in " "$folder/out" || fail "it did not come to its end"
  for file in report.html detections found.json best.safetensors; do
    compgen -G "$folder/results/train-*/$file" >/dev/null || fail "no $file"
  done
  rm -r "$folder/results"
}

on_cpu=('^cmake -S . -B build/cpu -G Ninja -DSSD_CUDA=OFF$' '^ssdtrain .*--device cpu' '^ssdeval --device cpu' '^ssddetect --device cpu')
if [ "$device" = cpu ]; then
  demo "== no NVIDIA GPU and driver here (nvidia-smi shows none): the demo runs on the CPU" "${on_cpu[@]}"
  MADE_UP_GPU='NVIDIA L4' demo "== NVIDIA L4 is here, but the demo runs on the CPU: missing: nvcc of CUDA 12 or 13. Install: " \
    "${on_cpu[@]}"
else
  export MADE_UP_NVCC=/usr/local/cuda/bin/nvcc
  MADE_UP_GPU='NVIDIA H200' demo "== for NVIDIA H200 (sm_90), with $MADE_UP_NVCC and $folder/root/lib/libcudnn.so.9" \
    "^cmake -S . -B build/cuda -G Ninja -DSSD_CUDA=ON .*-DCMAKE_CUDA_ARCHITECTURES=90-real" \
    '^ssdtrain .*--device cuda' '^ssdeval --device cuda' '^ssddetect --device cuda'
fi
echo "demo_test: passed"
