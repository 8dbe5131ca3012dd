#!/usr/bin/env bash
# Runs all tests of a build several times in random order, and the cases of each test, too; as many tests at once as there
# are cores.
#   tests/random_order.sh ROUNDS [BUILD] [SEED]     as 20 build/cpu 1
# A failure is printed with the command that repeats it; a test that is not built is a failure. What tests have skipped
# is listed at the end. Ends with 0 if there are tests and nothing failed.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;; -*) echo "random_order.sh: unknown option $1" >&2; exit 2 ;; esac
rounds=${1:?how many rounds?}
seed=${3:-1}
[ $# -lt 2 ] || build=$(readlink -f "$2")
cd "$(dirname "$(readlink -f "$0")")/.."
build=${build:-build/cpu}
export OMP_NUM_THREADS=2 OMP_WAIT_POLICY=passive
mapfile -t tests < <(ctest --test-dir "$build" -N | sed -n 's/^ *Test *#[0-9]*: *\([^ ]*\).*/\1/p')
[ "${#tests[@]}" -gt 0 ] || { echo "random_order: $build has no tests: build it first" >&2; exit 2; }
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
export build results

# Runs a test. Leaves in $results what it has skipped, and if it failed, how to repeat that.
run_test() {  # NAME SEED
  local name=$1 log=$results/$1.log command code=0
  # The cases of a program of Catch2 are shuffled, too. Other tests, such as scripts, are run as ctest runs them.
  if [[ $name = *_test && -x $build/tests/$name ]]; then
    command=("$build/tests/$name" --order rand --rng-seed "$2")
  else
    command=(ctest --test-dir "$build" --output-on-failure --no-tests=error -R "^$name\$")
  fi
  timeout 3600 "${command[@]}" >"$log" 2>&1 || code=$?
  grep -o 'skipped: .*' "$log" | sed "s/^/$name: /" >"$results/$name.$2.skipped" || true
  [ "$code" != 0 ] || return 0
  { echo "failed with $code: OMP_NUM_THREADS=2 OMP_WAIT_POLICY=passive ${command[*]}"
    grep -m 3 -A 4 FAILED "$log" || tail -n 3 "$log"; } >"$results/$name.$2.failed"
  cat "$results/$name.$2.failed"
}
export -f run_test

for ((round = 1; round <= rounds; ++round, ++seed)); do
  printf '%s\n' "${tests[@]}" | shuf --random-source=<(yes "$seed") |
    xargs -P "$(nproc)" -I NAME bash -c "run_test NAME $seed"
  failed=$(find "$results" -name '*.failed' | wc -l)
  echo "round $round of $rounds: $failed of $((round * ${#tests[@]})) failed"
done
cat "$results"/*.skipped | sort -u
[ "$failed" = 0 ]
