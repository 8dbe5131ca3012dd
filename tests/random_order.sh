#!/usr/bin/env bash
# Runs all tests of a build several times in random order, and the cases of each test, too.
#   tests/random_order.sh ROUNDS [BUILD] [SEED]     as 20 build/cpu 1
# A failure is printed with the command that repeats it. Ends with 0 if nothing failed.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:?how many rounds?}
build=${2:-build/cpu}
seed=${3:-1}
export OMP_NUM_THREADS=2 OMP_WAIT_POLICY=passive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0 ran=0
for ((round = 0; round < rounds; ++round, ++seed)); do
  mapfile -t tests < <(ls "$build"/tests/*_test | shuf --random-source=<(yes "$seed"))
  for test in "${tests[@]}"; do
    ran=$((ran + 1))
    timeout 1800 "$test" --order rand --rng-seed "$seed" >"$log" 2>&1 && continue
    failed=$((failed + 1))
    echo "failed: OMP_NUM_THREADS=2 OMP_WAIT_POLICY=passive $test --order rand --rng-seed $seed"
    grep -m 3 -A 4 FAILED "$log" || tail -n 3 "$log"
  done
  echo "round $((round + 1)) of $rounds: $failed of $ran failed"
done
[ "$failed" = 0 ]
