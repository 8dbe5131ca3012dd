#!/usr/bin/env bash
# Runs the fuzz targets with libFuzzer and the sanitizers. Needs clang with libFuzzer's library.
#   tests/fuzz/run_libfuzzer.sh INPUTS [TARGET...]     as 1000000 coco png
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,3s/^# \{0,1\}//p' "$0"; exit 0 ;; -*) echo "run_libfuzzer.sh: unknown option $1" >&2; exit 2 ;; esac
cd "$(dirname "$0")/../.."
inputs=${1:?how many inputs per target?}
shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || for source in tests/fuzz/*_fuzz.cpp; do targets+=("$(basename "$source" _fuzz.cpp)"); done
programs=("${targets[@]/%/_fuzz}")

# The seeds come from the targets of an ordinary build.
cmake -S . -B build/cpu -G Ninja -DSSD_CUDA=OFF >/dev/null
cmake --build build/cpu --target "${programs[@]}" >/dev/null
CC=clang CXX=clang++ cmake -S . -B build/fuzz -G Ninja -DSSD_CUDA=OFF -DSSD_FUZZ=ON -DSSD_BENCHMARKS=OFF \
  -DSSD_WARNINGS_ARE_ERRORS=OFF \
  -DSSD_SANITIZE=fuzzer-no-link,address,undefined,float-cast-overflow '-DSSD_TEST_ONLY=_fuzz$' >/dev/null
cmake --build build/fuzz --target "${programs[@]}" >build/fuzz.log || { tail -n 40 build/fuzz.log; exit 1; }

export OMP_NUM_THREADS=1
failed=()
for program in "${programs[@]}"; do
  corpus=build/fuzz/corpus/$program
  build/cpu/tests/"$program" --corpus "$corpus"
  echo "== $program"
  build/fuzz/tests/"$program" -runs="$inputs" -rss_limit_mb=2560 -timeout=25 -print_final_stats=1 -dict="$corpus.dict" \
    -artifact_prefix="build/fuzz/corpus/$program." "$corpus" >"$corpus.log" 2>&1 || failed+=("$program")
  grep -E "ERROR|SUMMARY|broken contract|number_of_executed_units" "$corpus.log" || true
done
[ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]}" >&2; exit 1; }
