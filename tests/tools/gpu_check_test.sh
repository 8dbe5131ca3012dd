#!/usr/bin/env bash
# Runs tools/gpu_check.sh from its start to its report, with stand-ins for what a machine with a GPU has: nvidia-smi,
# nvcc, PyTorch, compute-sanitizer, and builds that end at once. ssdbench is the CPU's own, so the report reads what it
# really prints.
#   gpu_check_test.sh SSDBENCH
set -euo pipefail
command -v python3 >/dev/null || { echo "skipped: python3, which writes the report, is missing"; exit 0; }
ssdbench=$(realpath "$1")
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin"
export STAND_INS=$folder SSDBENCH=$ssdbench OMP_WAIT_POLICY=passive
export OUT=$folder/report SSD_GPU_BUILD=$folder/build SSD_GPU_PYTHON=$folder/bin/python PATH=$folder/bin:$PATH

stand_in() { # name; its text comes from stdin
  { echo '#!/usr/bin/env bash'; echo 'echo "${0##*/} $*" >>"$STAND_INS/calls"'; cat; } >"$folder/bin/$1"
  chmod +x "$folder/bin/$1"
}
# More than a pipe holds: whoever stops reading early must not take that for a failure.
stand_in nvidia-smi <<'END'
case "$*" in
  -L) echo "GPU 0: NVIDIA H200 (UUID: GPU-1)"; seq 30000 ;;
  *compute-apps*) ;;
  *driver_version*) echo "NVIDIA H200, 580.10, 143771 MiB, 9.0" ;;
  *) echo "NVIDIA H200, 9.0"; echo "NVIDIA H200, 9.0" ;;
esac
END
stand_in nvcc <<'END'
echo "Build cuda_13.0"
END
stand_in cmake <<'END'
[ "$1" = --build ] || exit 0
mkdir -p "$2/bin" "$2/tests"
for test in planted_fault $(sed -n '/local programs=(/,/)/{s/.*programs=(//; s/)//; p}' tools/gpu_check.sh); do cp /bin/true "$2/tests/$test"; done
ln -sf "$STAND_INS/bin/ssdbench" "$2/bin/ssdbench"
END
stand_in ctest <<'END'
echo "1/2 Test  #1: add_test ........   Passed    0.10 sec"
[ -z "${FAILING_TEST:-}" ] || { echo "2/2 Test  #2: nms_test .......***Failed    0.20 sec"; exit 8; }
END
stand_in compute-sanitizer <<'END'
case "$*" in
  --help) seq 30000; echo "  --kernel-name arg"; seq 30000 ;;
  *planted_fault*) case "$*" in *"${BLIND_TOOL:-none}"*) exit 0 ;; *) exit 99 ;; esac ;;
  *"${FAULTY_PROGRAM:-none}"*) exit 99 ;;
esac
END
stand_in ssdbench <<'END'
case "$*" in *"${FAILING_ROW:-none}"*) echo "out of GPU memory" >&2; exit 6 ;; esac
kept=$STAND_INS/$1.json
[ -e "$kept" ] || case $1 in
  op) "$SSDBENCH" op --json --device cpu --precision fp32 --batch 1 --mode infer --runs 3 >"$kept" ;;
  *) "$SSDBENCH" "$1" --json --device cpu --precision fp32 --batch 1 --warmup 0 --steps 3 >"$kept" ;;
esac
# The numbers of a CPU, under the names that were asked for.
batch=$(sed -n 's/.*--batch \([0-9]*\).*/\1/p' <<<"$*") precision=$(sed -n 's/.*--precision \([a-z0-9]*\).*/\1/p' <<<"$*")
sed "s/\"batch\":1,/\"batch\":$batch,/; s/\"precision\":\"fp32\"/\"precision\":\"$precision\"/" "$kept"
END
stand_in python <<'END'
case "$1" in *torch_gpu.py) ;; *) exec python3 "$@" ;; esac
while [ $# -gt 0 ]; do
  [ "$1" != --output ] || echo '{"torch": "2.9", "matmul_tflops": 700, "copy_tb_per_s": 4.0, "results": [
    {"mode": "train", "precision": "fp16", "batch": 64, "images_per_second": 0.5, "variant": "eager"},
    {"mode": "infer", "precision": "fp16", "batch": 1, "images_per_second": 9, "p50_ms": 3.0}]}' >"$2"
  shift
done
END

fail() { echo "gpu_check_test: $1" >&2; tail -n 30 "$folder"/out* >&2; exit 1; }
run() { # expected exit code, phases
  local wanted=$1 got=0
  shift
  : >"$folder/calls"
  tools/gpu_check.sh "$@" >"$folder/out" 2>&1 || got=$?
  [ "$got" -eq "$wanted" ] || fail "gpu_check.sh $* ended with $got instead of $wanted"
}
printed() { grep -qF -- "$1" "$folder/out" || fail "it did not print: $1"; }
reported() { grep -qF -- "$1" "$OUT/report.md" || fail "report.md lacks: $1"; }
called() { grep -qE -- "$1" "$folder/calls" || fail "never called: $1"; }
never_called() { ! grep -qE -- "$1" "$folder/calls" || fail "called: $1"; }

run 0
[ "$(sed -n 1p "$folder/out" | cut -c1-15)" = "== NVIDIA H200;" ] || fail "the GPU does not come first"
printed "== first kernels: passed"
printed "== benchmark: passed"
printed "Everything passed."
printed "next: tools/gpu_check.sh test sanitize"
called '^cmake .*-DCMAKE_CUDA_ARCHITECTURES=90-real .*-DSSD_TEST_TIMEOUT=120'
never_called '^ctest'
reported "| training, batch norm on batch statistics |"
reported "x PyTorch's 0.50"
reported "Where the time goes"

run 0 test sanitize
if grep -qx 'nccl=' "$SSD_GPU_BUILD/check/machine.txt"; then
  printed "== test nccl: not run"
  reported "| test nccl | **not run** |"
  never_called '^ctest .*gpu_nccl_test\$$'
  never_called '^cmake .*-DNCCL_LIBRARY='
fi
called '^ctest '
never_called '^ctest .*--timeout'
called '^compute-sanitizer --tool memcheck .*--kernel-name kns=run_'
called '^compute-sanitizer --tool initcheck '
never_called '^compute-sanitizer --tool initcheck .*--kernel-name'
reported "| first kernels | passed |"
reported "| sanitize racecheck |"

mkdir -p "$folder/root/lib"
touch "$folder/root/lib/libnccl.so.2"
export CUDNN_ROOT=$folder/root
run 0 test
called "^cmake .*-DNCCL_LIBRARY=$folder/root/lib/libnccl.so.2"
called '^ctest .*-R \^gpu_nccl_test\$$'
printed "== test nccl: passed"

FAILING_TEST=1 run 1 test
printed "tests that did not pass: nms_test (failed)"
reported "Not everything passed."
run 0 test
printed "Everything passed."
! grep -qF nms_test "$OUT/report.md" || fail "an earlier failure is still reported"

BLIND_TOOL=racecheck FAULTY_PROGRAM=add_test run 1 sanitize
printed "== sanitize racecheck: not run"
printed "== sanitize memcheck: failed"
run 0 test sanitize

FAILING_ROW='--batch 256' run 0 benchmark
printed "in part: without step_train"
echo "gpu_check_test: passed"
