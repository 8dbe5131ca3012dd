#!/usr/bin/env bash
# tools/test.sh from its start to its end on made-up machines: without a driver, with a driver alone, and with all that
# a GPU needs. Nothing is built and no test runs: cmake and ctest only note how they were called.
set -euo pipefail
project=$(realpath "$(dirname "$0")/../..")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export STAND_INS=$folder PROJECT=$project PATH=$folder/bin:$PATH CUDA_HOME=$folder/cuda CUDNN_ROOT=$folder/root
mkdir -p "$folder/bin" "$folder/project/tools" "$folder/root/include" "$folder/cuda/include"
ln -s "$project"/tools/{test,setup}.sh "$folder/project/tools/"
touch "$folder/root/include/cudnn_graph.h"

# What this machine has must not be found.
cat >"$folder/project/tools/find_cuda.sh" <<'END'
. "$PROJECT/tools/find_cuda.sh"
find_nvcc() { nvcc=${MADE_UP_NVCC:-}; }
find_library() { [ -z "${MADE_UP_NVCC:-}" ] || echo "$STAND_INS/root/lib/$1"; }
END
stand_in() { # path; its text comes from stdin
  { echo '#!/usr/bin/env bash'; echo 'echo "${0##*/} $*" >>"$STAND_INS/calls"'; cat; } >"$folder/$1"
  chmod +x "$folder/$1"
}
stand_in bin/dpkg-query <<<'echo "install ok installed"'
stand_in bin/nvidia-smi <<'END'
[ -n "${MADE_UP_GPU:-}" ] || exit 9
case "$*" in -L) echo "GPU 0: $MADE_UP_GPU (UUID: GPU-1)" ;; *) echo "$MADE_UP_GPU, 9.0" ;; esac
END
stand_in bin/cmake <<<'[ "${FAILING_BUILD:-none}" != "${2##*/}" ] || { echo "error: it does not compile"; exit 1; }'
stand_in bin/ctest <<<'[ "${FAILING_TESTS:-none}" != "${2##*/}" ] || exit 8'
stand_in project/tools/kernel_table.sh <<<''

fail() { echo "test_script_test: $1" >&2; cat "$folder/out" "$folder/calls" >&2; exit 1; }
run() { # exit code, arguments of test.sh
  local wanted=$1 got=0
  shift
  : >"$folder/calls"
  "$folder/project/tools/test.sh" "$@" >"$folder/out" 2>&1 || got=$?
  [ "$got" -eq "$wanted" ] || fail "test.sh $* ended with $got instead of $wanted"
}
called() { grep -qE -- "$1" "$folder/calls" || fail "never called: $1"; }
never_called() { ! grep -qE -- "$1" "$folder/calls" || fail "called: $1"; }
printed() { grep -qF -- "$1" "$folder/out" || fail "it did not print: $1"; }

run 0 quick
called '^cmake -S . -B build/cpu -G Ninja -DSSD_CUDA=OFF$'
called '^ctest --test-dir build/cpu '
never_called 'build/(packs|sanitized|cuda|gpu)'

run 0
for build in cpu plain_loops packs sanitized thread; do called "^ctest --test-dir build/$build "; done
never_called 'build/(cuda|gpu|cuda_model)( |$)'
printed "no headers of CUDA here"
printed "no nvcc here"

touch "$folder/cuda/include/cuda_runtime_api.h"
MADE_UP_GPU='NVIDIA L4' run 0
called '^ctest --test-dir build/cuda_model '
never_called 'build/(cuda|gpu)( |$)'

export MADE_UP_NVCC=$folder/bin/nvcc
stand_in bin/nvcc <<<'echo "release 13.0"'
run 0
called '^cmake -S . -B build/cuda -G Ninja -DSSD_CUDA=ON .*-DCMAKE_CUDA_ARCHITECTURES=80-real;90-real'
called '^kernel_table.sh build/cuda build/cuda.log'
called '^ctest --test-dir build/cuda .*no_gpu_test'
never_called 'build/gpu'

MADE_UP_GPU='NVIDIA H200' run 0
printed "== tests on NVIDIA H200 (sm_90)"
called '^cmake -S . -B build/gpu -G Ninja -DSSD_CUDA=ON .*-DCMAKE_CUDA_ARCHITECTURES=90-real'
never_called 'build/gpu .*-DSSD_BENCHMARKS=OFF'  # gpu_benchmark_test needs ssdbench
called '^ctest --test-dir build/gpu .*gpu_step_test'
called '^ctest --test-dir build/gpu .*-L \^\(gpu\|ops\|kernels\|model\|engine\)\$'
called '^ctest --test-dir build/gpu .*device_batch'
never_called 'build/cuda( |$)'

FAILING_BUILD=sanitized run 1
printed "error: it does not compile"
FAILING_TESTS=packs run 8
never_called 'build/sanitized'
echo "test_script_test: passed"
