#!/usr/bin/env bash
# The first five minutes: installs what is missing, builds, draws a small data set, trains a small detector,
# evaluates it, draws its detections, and says what to type next.
#   tools/demo.sh [FOLDER]     default: runs/demo
# It builds for and runs on an NVIDIA GPU where there is one, with nvcc and cuDNN; else on the CPU.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;; -*) echo "demo.sh: unknown option $1" >&2; exit 2 ;; esac
cd "$(dirname "$0")/.."
demo=${1:-runs/demo}

tools/setup.sh
. tools/find_cuda.sh
find_cuda "$PWD/build/cuda_links"
missing=$(missing_cuda)
build=build/cpu device=cpu options=(-DSSD_CUDA=OFF)
if [ -z "$gpu" ]; then
  echo "== no NVIDIA GPU and driver here (nvidia-smi shows none): the demo runs on the CPU"
elif [ -n "$missing" ]; then
  echo "== $gpu is here, but the demo runs on the CPU: $missing"
else
  build=build/cuda device=cuda options=("${cuda_options[@]}")
  echo "== for $gpu (sm_$capability), with $nvcc and $cudnn"
  optional_cuda
fi
echo "== building in $build (a few minutes the first time)"
mkdir -p build
cmake -S . -B "$build" -G Ninja "${options[@]}" >"$build.log" 2>&1 || { cat "$build.log" >&2; exit 1; }
cmake --build "$build" --target ssdtrain ssdeval ssddetect ssddata >>"$build.log" 2>&1 || { tail -n 40 "$build.log" >&2; exit 1; }
bin=$build/bin
started=$SECONDS

shapes=$demo/shapes
if [ ! -e "$shapes" ]; then
  echo "== drawing circles, squares and triangles"
  mkdir -p "$demo"
  "$bin/ssddata" synth "$shapes"
fi

echo "== training a small detector"
run=$demo/train-$(date +%Y%m%d-%H%M%S)
"$bin/ssdtrain" --config configs/shapes_demo.json --device "$device" --output-dir "$run" \
  data.train.annotations="$shapes/annotations/instances_train.json" data.train.images="$shapes/images" \
  data.val.annotations="$shapes/annotations/instances_val.json" data.val.images="$shapes/images"

echo "== evaluating its best checkpoint"
"$bin/ssdeval" --device "$device" --checkpoint "$run/best.safetensors"

echo "== drawing what it finds in validation images"
mapfile -t photos < <(ls "$shapes"/images/*.jpg | tail -n 12)
"$bin/ssddetect" --device "$device" --checkpoint "$run/best.safetensors" "${photos[@]}" -o "$run/detections" --json "$run/found.json"

cat <<END

Done in $((SECONDS - started)) s after the build. Look at
  $run/report.html        curves, confusion matrix, best and worst images, in a browser
  $run/detections/        pictures with the boxes it found
  $run/samples/           the first training batch, as the network saw it
  $run/metrics.json       mAP and the rest; results.csv: the curves
Next:
  $bin/ssddata check --annotations YOUR.json --images YOUR_IMAGES
  $bin/ssdtrain --config configs/bccd_small.json data.train.annotations=YOUR_TRAIN.json data.train.images=YOUR_IMAGES data.val.annotations=YOUR_VAL.json data.val.images=YOUR_IMAGES
  $bin/ssddetect --checkpoint $run/best.safetensors YOUR_PHOTO.jpg -o found
END
