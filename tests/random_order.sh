#!/usr/bin/env bash
# Runs all tests of a build several times in random order, and the cases of each test, too.
#   tests/random_order.sh ROUNDS [BUILD] [SEED]     as 20 build/cpu 1
# A failure is printed with the command that repeats it; a test that is not built is a failure. What tests have skipped
# is listed at the end. Ends with 0 if there are tests and nothing failed.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;; -*) echo "random_order.sh: unknown option $1" >&2; exit 2 ;; esac
rounds=${1:?how many rounds?}
seed=${3:-1}
[ $# -lt 2 ] || build=$(readlink -f "$2")
cd "$(dirname "$(readlink -f "$0")")/.."
build=${build:-build/cpu}
export OMP_NUM_THREADS=2 OMP_WAIT_POLICY=passive
mapfile -t tests < <(ctest --test-dir "$build" -N | sed -n 's/^ *Test *#[0-9]*: *\([^ ]*\).*/\1/p')
[ "${#tests[@]}" -gt 0 ] || { echo "random_order: $build has no tests: build it first" >&2; exit 2; }
log=$(mktemp)
skipped=$(mktemp)
trap 'rm -f "$log" "$skipped"' EXIT

# The cases of a program of Catch2 are shuffled, too. Other tests, such as scripts, are run as ctest runs them.
command_of() {
  if [[ $1 = *_test && -x $build/tests/$1 ]]; then
    command=("$build/tests/$1" --order rand --rng-seed "$seed")
  else
    command=(ctest --test-dir "$build" --output-on-failure --no-tests=error -R "^$1\$")
  fi
}

failed=0 ran=0
for ((round = 0; round < rounds; ++round, ++seed)); do
  mapfile -t order < <(printf '%s\n' "${tests[@]}" | shuf --random-source=<(yes "$seed"))
  for test in "${order[@]}"; do
    ran=$((ran + 1))
    command_of "$test"
    timeout 3600 "${command[@]}" >"$log" 2>&1 && code=0 || code=$?
    grep -o 'skipped: .*' "$log" | sed "s/^/$test: /" >>"$skipped" || true
    [ "$code" != 0 ] || continue
    failed=$((failed + 1))
    echo "failed with $code: OMP_NUM_THREADS=2 OMP_WAIT_POLICY=passive ${command[*]}"
    grep -m 3 -A 4 FAILED "$log" || tail -n 3 "$log"
  done
  echo "round $((round + 1)) of $rounds: $failed of $ran failed"
done
sort -u "$skipped"
[ "$failed" = 0 ]
