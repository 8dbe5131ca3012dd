#!/usr/bin/env bash
# tools/try_package.sh and tools/try_release.sh, called from another folder and through a link, with a stand-in for
# debootstrap that only says what it was asked for.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "try_scripts_test: $1" >&2; cat "$folder/out" >&2; exit 1; }
expect() { grep -qF -- "$1" "$folder/out" || fail "no '$1' in what was printed"; }

mkdir -p "$folder/bin" "$folder/here"
export PATH=$folder/bin:$PATH
printf '#!/bin/sh\necho "debootstrap $*"\nexit 1\n' >"$folder/bin/debootstrap"
printf '#!/bin/sh\necho 0\n' >"$folder/bin/id"
chmod +x "$folder"/bin/*
touch "$folder/here/some.deb" "$folder/here/keys"
for script in try_package try_release; do ln -s "$root/tools/$script.sh" "$folder/here/$script"; done
cd "$folder/here"

# Whole text of the usage, and all paths relative to the folder of the caller.
calls=(./try_package ./try_release "$root/tools/try_package.sh" "$root/tools/try_release.sh"
  "$(realpath --relative-to=. "$root")/tools/try_package.sh")
for script in "${calls[@]}"; do
  "$script" --help >"$folder/out" 2>&1 || fail "$script --help has failed"
  expect "RELEASE"
  expect "It needs root and debootstrap"
  package=()
  case $script in *package*) package=(some.deb) ;; esac
  rm -rf kept
  if "$script" --mirror file:///none --keyring keys "${package[@]}" debian:bookworm kept >"$folder/out" 2>&1; then
    fail "$script has passed with a debootstrap that fails"
  fi
  expect "debootstrap failed"
  expect "--keyring=$folder/here/keys bookworm $folder/here/kept/root file:///none"
done
if ./try_package none.deb debian:bookworm >"$folder/out" 2>&1; then fail "a package that is not there was taken"; fi
expect "none.deb: there is no such file"
[ ! -e "$root/kept" ] || fail "the folder was made in the project"
echo "try_scripts_test: passed"
