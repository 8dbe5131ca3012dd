#!/usr/bin/env bash
# Every script that a person starts prints its usage after -h and --help, does nothing else, and refuses options that it
# does not have. The scripts are called from another folder, and find no program that could do anything.
set -euo pipefail
root=$(realpath "$(dirname "$0")/../..")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "script_help_test: $1" >&2; cat "$folder/out" >&2; exit 1; }

mkdir "$folder/bin" "$folder/here"
for program in bash sh sed dirname basename readlink realpath env cat; do ln -s "$(command -v $program)" "$folder/bin/$program"; done
ln -s "$root" "$folder/project"
cd "$folder/here"

count=0
for script in ../project/tools/*.sh ../project/configs/recipes/* ../project/tests/random_order.sh ../project/tests/fuzz/*.sh; do
  case $script in */find_cuda.sh | */release_root.sh) continue ;; esac # others source these
  count=$((count + 1))
  for option in -h --help; do
    PATH=$folder/bin bash "$script" $option >"$folder/out" 2>"$folder/err" || fail "$script $option has failed"
    [ -s "$folder/out" ] || fail "$script $option prints nothing"
    [ ! -s "$folder/err" ] || { cat "$folder/err" >&2; fail "$script $option complains"; }
    ! grep -q '^#\|^set ' "$folder/out" || fail "$script $option prints more than its usage"
  done
  code=0
  PATH=$folder/bin bash "$script" --helpp >"$folder/out" 2>&1 || code=$?
  [ $code -eq 2 ] || fail "$script --helpp ends with $code instead of 2"
done
[ $count -ge 15 ] || fail "only $count scripts were found"
[ -z "$(ls)" ] || fail "a script has written into the folder"
echo "script_help_test: passed"
