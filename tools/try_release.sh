#!/usr/bin/env bash
# Tries both of the README's commands on another release of Debian or Ubuntu: in a root file system of its own.
#   tools/try_release.sh [--mirror URL] [--keyring FILE] RELEASE [FOLDER]
#     RELEASE    debian:bookworm, debian:trixie, ubuntu:jammy, ubuntu:noble ...
#     --mirror   where the release's packages are; default: $SSD_MIRROR, else what this machine's apt uses
#     --keyring  the keys of the release, where this machine does not trust them (Debian's package ubuntu-keyring)
#     FOLDER     what is kept: the root file system (3 GB) and the logs; default: /var/tmp/ssd320-RELEASE
# It needs root and debootstrap. A second run keeps the installed packages and takes a fresh copy of the sources.
set -euo pipefail
self=$(readlink -f "$0") caller=$PWD
cd "$(dirname "$self")/.."
usage() { sed -n '2,8s/^# \{0,1\}//p' "$self"; }
. tools/release_root.sh
read_release_arguments "$@"
choose_release "${arguments[@]}"

copy_sources() {
  rm -rf "$root/ssd320"
  mkdir "$root/ssd320"
  git ls-files -z | tar --null --files-from=- --create | tar --extract --directory "$root/ssd320"
}

versions() {
  inside /ssd320 bash -c '. /etc/os-release; echo "$PRETTY_NAME"; g++ --version | head -n 1; cmake --version | head -n 1
    dpkg-query -W catch2 libdnnl-dev libfmt-dev libcli11-dev nlohmann-json3-dev libprotozero-dev'
}

failed=0
try() {  # name of the log, command
  local log=$folder/$1.log started=$SECONDS
  shift
  echo "== $*  ($log)"
  if inside /ssd320 "$@" >"$log" 2>&1; then
    grep -E "tests passed|^Done in|built in" "$log" || true
    echo "   passed in $((SECONDS - started)) s"
  else
    tail -n 25 "$log"
    echo "   FAILED after $((SECONDS - started)) s"
    failed=1
  fi
}

make_root
copy_sources
try demo tools/demo.sh
try test tools/test.sh quick
versions
exit $failed
