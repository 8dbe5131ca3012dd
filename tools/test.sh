#!/usr/bin/env bash
# Installs what is missing, builds in every way that this machine can, and runs all tests.
#   tools/test.sh           everything (what CI runs)
#   tools/test.sh quick     one build, its tests
# Where there is an NVIDIA GPU with nvcc and cuDNN, also every test on it.
set -euo pipefail
case "${1:-}" in "" | quick) ;; -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;; *) sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac
cd "$(dirname "$0")/.."
tools/setup.sh
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-2}
jobs=$(nproc)

target=tests  # the tests that SSD_TEST_ONLY selects, and what they start
build() {  # folder, then options of cmake; builds $target; everything printed goes to build/<folder>.log
  local folder=build/$1 log=build/$1.log started=$SECONDS
  shift
  echo "== build $folder: $*"
  if ! { cmake -S . -B "$folder" -G Ninja "$@" && cmake --build "$folder" -j "$jobs" --target "$target"; } >"$log" 2>&1; then
    grep -E "error|FAILED" "$log" | head -n 20 || true
    tail -n 40 "$log"
    return 1
  fi
  echo "   built in $((SECONDS - started)) s"
}
check() {  # folder, then options of ctest
  local folder=build/$1
  shift
  ctest --test-dir "$folder" --output-on-failure --no-tests=error "$@"
}

mkdir -p build
target=all build cpu -DSSD_CUDA=OFF
check cpu -j "$jobs"
[ "${1:-}" = quick ] && exit 0

# Without oneDNN the plain loops carry everything that convolves.
build plain_loops -DSSD_CUDA=OFF -DSSD_ONEDNN=OFF -DSSD_BENCHMARKS=OFF \
  -DSSD_TEST_ONLY='^(conv|conv_plan|detector|model_parity|training|ssdtrain)_test$'
check plain_loops -j "$jobs"

# On the host: a GPU's packs and a reversed order of threads, with checks of alignment.
packs='simt|simt_gpu|launch_shapes|promised_bits|anchors|match_anchors|image|nms|flat_sum|sgd|adamw|pad_channels|sample_values'
packs+='|add|batch_norm|bias|cast|conv|conv_candidate|conv_with_sums|conv_frozen_batch_norm|focal_loss|fused_gradients|max_pool|relu|relu6'
packs+='|smooth_l1|upsample_add|random_shapes|random_convs|batch_norm_paths|detector|model_parity|gpu_step|training'
build packs -DSSD_CUDA=OFF -DSSD_HOST_PACKS=ON -DSSD_BENCHMARKS=OFF "-DSSD_TEST_ONLY=^($packs)_test\$"
check packs -j "$jobs"

# What is slow under instrumentation, or starts programs, runs in the first build only.
sanitized='add|batch_norm|bias|cast|conv|focal_loss|fused_gradients|random_shapes|max_pool|relu|relu6|smooth_l1|upsample_add'
sanitized+='|anchors|boxes|flat_sum|image|pad_channels|schedule|sgd|simt|sample_operands|sample_values|vector_math'
sanitized+='|arena|tape|conv_candidate|winograd|plan_cache|parameters|random|safetensors|atomic_file|config|detector'
sanitized+='|image_cache|device_batch|augment|box_units|detection_units|coco|coco_eval|coco_write|split|dataset_check|detections|draw|label_layout|colour|shrink|image_file|jpeg|label_formats|label_map|loader|shapes|tfrecord'
build sanitized -DSSD_CUDA=OFF -DSSD_SANITIZE=address,undefined -DSSD_BENCHMARKS=OFF "-DSSD_TEST_ONLY=^($sanitized)_test\$|_fuzz\$"
check sanitized -j "$jobs"

# Threads of our own. Those of OpenMP and GLib are not instrumented and would be reported falsely.
threaded='loader|image_lookup|fingerprint|copies|tfrecord|folder_watch|collectives|rendezvous|sum_rounds'
build thread -DSSD_CUDA=OFF -DSSD_ONEDNN=OFF -DSSD_SANITIZE=thread -DSSD_BENCHMARKS=OFF "-DSSD_TEST_ONLY=^($threaded)_test\$"
check thread -j "$jobs"

# The GPU's side of the code on a GPU in software, in three schedules (docs/cuda_model.md).
modelled='add|device_batch|image_cache|parameters|batch_norm|bias|cast|focal_loss|max_pool|relu|relu6|smooth_l1|upsample_add|random_shapes|optimizer'
modelled+='|anchors|flat_sum|image|match_anchors|nms|promised_bits|sample_values|sgd|simt_gpu|gpu_streams|modelled_[a-z]+'
modelled+='|conv|conv_with_sums|fused_gradients|random_convs|detect|adamw|adamw_golden'
modelled+='|gpu_(step|training|kill|memory|failures|detect|nccl|programs|benchmark|first_start)'
if [ -n "$(ls "${CUDA_HOME:-/usr/local/cuda}"/include/cuda_runtime_api.h 2>/dev/null)" ]; then
  build cuda_model -DSSD_CUDA=MODEL "-DSSD_TEST_ONLY=^($modelled)_test\$"
  check cuda_model -j "$jobs"
else
  echo "== no headers of CUDA here: nothing is tested on a modelled GPU"
fi

. tools/find_cuda.sh
find_cuda "$PWD/build/cuda_links"
missing=$(missing_cuda)
if [ -n "$gpu" ] && [ -z "$missing" ]; then
  echo "== tests on $gpu (sm_$capability)"
  optional_cuda
  export SSD_TEST_PLAN_CACHE=$PWD/build/gpu/test_plans  # gpu_step_test fills it for the others
  mkdir -p "$SSD_TEST_PLAN_CACHE"
  build gpu "${cuda_options[@]}"
  check gpu -R '^gpu_step_test$'
  check gpu -j 4 -L '^(gpu|ops|kernels|model|engine)$'
  check gpu -R '^(device_batch|image_cache)_test$'
elif [ -n "$nvcc" ]; then
  echo "== no GPU here, or not all that a build for one needs${missing:+ ($missing)}: CUDA is compiled and linked"
  # Compiles and links; what runs on a machine without a GPU is tested. `cmake --preset release` is for every architecture.
  target=all build cuda "${cuda_options[@]}" "-DCMAKE_CUDA_ARCHITECTURES=80-real;90-real" -DSSD_BENCHMARKS=OFF \
    -DSSD_TEST_ONLY='^((add|batch_norm|conv|nms|detector|no_gpu|cudnn_plan|cudnn_processes|cudnn_run)_test|cudnn_plan_check)$'
  tools/kernel_table.sh build/cuda build/cuda.log
  check cuda -R '^no_gpu_test$'
  if [ -x build/cuda/tests/cudnn_plan_check ]; then
    check cuda -R '^cudnn_'
  else
    echo "== no cuDNN 9 here: its plans are not checked"
  fi
else
  echo "== no nvcc here: the CUDA build is skipped"
fi
