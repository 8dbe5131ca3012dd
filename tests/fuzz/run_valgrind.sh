#!/usr/bin/env bash
# Runs the fuzz targets under valgrind, which finds values that were never written.
#   tests/fuzz/run_valgrind.sh INPUTS [TARGET...]     as 300 coco png
# INPUTS: damaged inputs per target. Ends with 0 if nothing was found.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;; -*) echo "run_valgrind.sh: unknown option $1" >&2; exit 2 ;; esac
cd "$(dirname "$0")/../.."
inputs=${1:?how many inputs per target?}
shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || for source in tests/fuzz/*_fuzz.cpp; do targets+=("$(basename "$source" _fuzz.cpp)"); done
programs=("${targets[@]/%/_fuzz}")
# valgrind does not know every instruction of every CPU.
cmake -S . -B build/valgrind -G Ninja -DSSD_CUDA=OFF -DSSD_NATIVE=OFF -DSSD_BENCHMARKS=OFF \
  -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1" '-DSSD_TEST_ONLY=_fuzz$' >/dev/null
cmake --build build/valgrind --target "${programs[@]}" >build/valgrind.log || { tail -n 40 build/valgrind.log; exit 1; }
export OMP_NUM_THREADS=1
failed=()
for program in "${programs[@]}"; do
  valgrind --quiet --error-exitcode=99 build/valgrind/tests/"$program" --inputs "$inputs" >build/valgrind.log 2>&1 && result=clean || { result=failed; failed+=("$program"); }
  echo "$program: $result"
  [ "$result" = clean ] || head -n 20 build/valgrind.log
done
[ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]}" >&2; exit 1; }
