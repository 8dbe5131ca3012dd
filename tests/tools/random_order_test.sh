#!/usr/bin/env bash
# tests/random_order.sh with stand-ins for ctest and for the tests of a build.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export FOLDER=$folder PATH=$folder/bin:$PATH
mkdir -p "$folder/bin" "$folder/build/tests"
fail() { echo "random_order_test: $1" >&2; cat "$folder/out" >&2; exit 1; }
expect() { grep -qF -- "$1" "$folder/out" || fail "no '$1' in what was printed"; }

cat >"$folder/bin/ctest" <<'END'
#!/usr/bin/env bash
case "$*" in
  *-N*) cat "$FOLDER/list" ;;
  *script_test*) echo "ctest ran script_test" >>"$FOLDER/ran" ;;
  *) echo "Unable to find executable"; exit 8 ;;
esac
END
cat >"$folder/build/tests/good_test" <<'END'
#!/usr/bin/env bash
echo "good $*" >>"$FOLDER/ran"
echo "skipped: no such thing here"
END
printf '#!/usr/bin/env bash\necho "x.cpp:1: FAILED: one"\nexit 3\n' >"$folder/build/tests/bad_test"
chmod +x "$folder"/bin/* "$folder"/build/tests/*

printf '  Test  #1: good_test\n  Test #22: script_test\n\nTotal Tests: 2\n' >"$folder/list"
ln -s "$PWD/tests/random_order.sh" "$folder/link"
(cd "$folder" && ./link 2 build 5) >"$folder/out" 2>&1 || fail "good tests have failed"
expect "round 2 of 2: 0 of 4 failed"
expect "good_test: skipped: no such thing here"
[ "$(grep -c 'skipped' "$folder/out")" = 1 ] || fail "what was skipped is not listed once"
[ "$(grep -c 'ctest ran script_test' "$folder/ran")" = 2 ] || fail "a test that is no program was not run"
for seed in 5 6; do
  grep -qx "good --order rand --rng-seed $seed" "$folder/ran" || fail "the cases were not shuffled with seed $seed"
done

printf '  Test #1: bad_test\n' >"$folder/list"
if tests/random_order.sh 1 "$folder/build" >"$folder/out" 2>&1; then fail "a failure ended with 0"; fi
expect "bad_test --order rand --rng-seed 1"
expect "x.cpp:1: FAILED: one"

printf '  Test #1: good_test\n  Test #2: missing_test\n' >"$folder/list"
if tests/random_order.sh 1 "$folder/build" >"$folder/out" 2>&1; then fail "a test that is not built was passed over"; fi
expect "1 of 2 failed"
expect "^missing_test$"

: >"$folder/list"
if tests/random_order.sh 1 "$folder/build" >"$folder/out" 2>&1; then fail "a build without tests ended with 0"; fi
expect "has no tests: build it first"
echo "random_order_test: passed"
