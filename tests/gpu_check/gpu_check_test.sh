#!/usr/bin/env bash
# Runs tools/gpu_check.sh from its start to its report, with stand-ins for what a machine with a GPU has: nvidia-smi,
# nvcc, PyTorch, compute-sanitizer, tests, and builds that end at once. ssdbench is the CPU's own, so the report reads
# what it really prints.
#   gpu_check_test.sh SSDBENCH
set -euo pipefail
command -v python3 >/dev/null || { echo "skipped: python3, which writes the report, is missing"; exit 0; }
ssdbench=$(realpath "$1")
cd "$(dirname "$0")/../.."
. tests/gpu_check/stand_ins.sh
export SSDBENCH=$ssdbench

stand_in cmake <<'END'
[ "$1" = --build ] || exit 0
mkdir -p "$2/bin" "$2/tests"
for test in planted_fault $(sed -n '/local programs=(/,/)/{s/.*programs=(//; s/)//; p}' tools/gpu_check.sh); do cp /bin/true "$2/tests/$test"; done
ln -sf "$STAND_INS/bin/ssdbench" "$2/bin/ssdbench"
END
stand_in ctest <<'END'
[ -z "${HANGING:-}" ] || exec sleep 1000
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
[ -z "${HANGING:-}" ] || exec sleep 1000
kept=$STAND_INS/$1.json
[ -e "$kept" ] || case $1 in
  op) "$SSDBENCH" op --json --device cpu --precision fp32 --batch 1 --mode infer --runs 3 >"$kept" ;;
  *) "$SSDBENCH" "$1" --json --device cpu --precision fp32 --batch 1 --warmup 0 --steps 3 >"$kept" ;;
esac
named_row "$kept" "$@"  # the numbers of a CPU, under the names that were asked for
END
run 0
[ "$(sed -n 1p "$folder/out" | cut -c1-15)" = "== NVIDIA H200;" ] || fail "the GPU does not come first"
printed_in_order "== build: passed" "== first kernels: passed" "== benchmark: passed" "Everything passed." \
  "next: tools/gpu_check.sh test sanitize"
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
called '^compute-sanitizer --tool memcheck .*--kernel-name kns=7kernels6device '
called '^compute-sanitizer --tool initcheck '
never_called '^compute-sanitizer --tool initcheck .*--kernel-name'
reported "| first kernels | passed |"
reported "| sanitize racecheck |"

nccl_is_here
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

# Whatever hangs, a call ends in its time, and leaves a report.
export HANGING=1 SSD_GPU_SECONDS=20
rm -r "$OUT"
run 0 build benchmark
printed_in_order "== first kernels: passed" "in part: without step_train"
reported "| benchmark | **not run** |"
run 1 test
printed_in_order "== test plans: timeout" "== test device: timeout"
reported "Not everything passed."
echo "gpu_check_test: passed"
