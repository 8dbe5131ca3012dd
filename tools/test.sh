#!/usr/bin/env bash
# Installs what is missing, builds in every way that this machine can, and runs all tests.
#   tools/test.sh           everything (what CI runs)
#   tools/test.sh quick     one build, its tests
set -euo pipefail
cd "$(dirname "$0")/.."
tools/setup.sh
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-2}
jobs=$(nproc)

build() {  # folder, cmake options...
  local folder=build/$1
  shift
  echo "== build $folder: $*"
  cmake -S . -B "$folder" -G Ninja "$@" >"$folder.log" 2>&1 || { cat "$folder.log"; return 1; }
  cmake --build "$folder" -j "$jobs" 2>&1 | tee -a "$folder.log" | grep -E "warning|error|FAILED" || true
  cmake --build "$folder" -j "$jobs" >>"$folder.log" 2>&1 || { tail -n 40 "$folder.log"; return 1; }
}

mkdir -p build
build cpu -DSSD_CUDA=OFF
ctest --test-dir build/cpu -j "$jobs" --output-on-failure
[ "${1:-}" = quick ] && exit 0

# Without oneDNN: the plain loops carry everything that convolves.
build reference -DSSD_CUDA=OFF -DSSD_ONEDNN=OFF -DSSD_BENCHMARKS=OFF
ctest --test-dir build/reference -j "$jobs" --output-on-failure -R "conv|detector|model|train"

build sanitized -DSSD_CUDA=OFF -DSSD_SANITIZE=address,undefined -DSSD_BENCHMARKS=OFF -DCMAKE_BUILD_TYPE=RelWithDebInfo
ctest --test-dir build/sanitized -j "$jobs" --output-on-failure -LE slow

build thread -DSSD_CUDA=OFF -DSSD_SANITIZE=thread -DSSD_BENCHMARKS=OFF -DCMAKE_BUILD_TYPE=RelWithDebInfo -DSSD_TEST_ONLY=loader_threads_test
ctest --test-dir build/thread --output-on-failure

if command -v nvcc >/dev/null || [ -x /usr/local/cuda/bin/nvcc ]; then
  build cuda -DSSD_CUDA=ON
else
  echo "== no nvcc here: the CUDA build is skipped"
fi
