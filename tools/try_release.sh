#!/usr/bin/env bash
# Tries both of the README's commands on another release of Debian or Ubuntu: in a root file system of its own.
#   tools/try_release.sh [--mirror URL] [--keyring FILE] RELEASE [FOLDER]
#     RELEASE    debian:bookworm, debian:trixie, ubuntu:jammy, ubuntu:noble ...
#     --mirror   where the release's packages are; default: $SSD_MIRROR, else what this machine's apt uses
#     --keyring  the keys of the release, where this machine does not trust them (Debian's package ubuntu-keyring)
#     FOLDER     what is kept: the root file system (3 GB) and the logs; default: /var/tmp/ssd320-RELEASE
# It needs root and debootstrap. A second run keeps the installed packages and takes a fresh copy of the sources.
set -euo pipefail
cd "$(dirname "$0")/.."
usage() { sed -n '2,8s/^# \{0,1\}//p' "$0"; }
fail() { echo "try_release: $1" >&2; exit "${2:-1}"; }

mirror=${SSD_MIRROR:-} keyring=() arguments=()
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --mirror) mirror=${2:?}; shift ;;
    --keyring) keyring=(--keyring="${2:?}"); shift ;;
    -*) usage >&2; exit 2 ;;
    *) arguments+=("$1") ;;
  esac
  shift
done
release=${arguments[0]:-}
case $release in debian:?* | ubuntu:?*) ;; *) usage >&2; exit 2 ;; esac
distribution=${release%%:*} suite=${release#*:}
folder=${arguments[1]:-/var/tmp/ssd320-$distribution-$suite}
root=$folder/root
[ "$(id -u)" -eq 0 ] || fail "it must be run by root: it makes a root file system"
command -v debootstrap >/dev/null || fail "debootstrap is missing: install it (apt-get install debootstrap)"

# The first address in this machine's apt sources, where they are of the same distribution.
apt_mirror() {
  [ "$(. /etc/os-release && echo "$ID")" = "$distribution" ] || return 0
  cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -n -e 's/^URIs: *\([^ ]*\).*/\1/p' -e 's/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\).*/\2/p' | sed -n 1p || true
}

make_root() {
  [ -e "$folder/ready" ] && return
  [ -n "$mirror" ] || mirror=$(apt_mirror)
  [ -n "$mirror" ] || fail "say where the packages of $release are: --mirror URL"
  local components=main script=sid
  if [ "$distribution" = ubuntu ]; then components=main,universe script=gutsy; fi
  [ -e "/usr/share/debootstrap/scripts/$suite" ] && script=$suite
  echo "== making $root ($folder/debootstrap.log)"
  rm -rf "$root"
  debootstrap --variant=minbase --components=$components --include=ca-certificates "${keyring[@]}" \
    "$suite" "$root" "$mirror" "/usr/share/debootstrap/scripts/$script" >"$folder/debootstrap.log" 2>&1 ||
    { tail -n 5 "$folder/debootstrap.log" >&2; fail "debootstrap failed"; }
  touch "$folder/ready"
}

copy_sources() {
  rm -rf "$root/ssd320"
  mkdir "$root/ssd320"
  git ls-files -z | tar --null --files-from=- --create | tar --extract --directory "$root/ssd320"
}

inside() {  # a command in the root file system; its mounts and processes end with it
  unshare --mount --pid --fork --kill-child bash -c '
    mount -t proc proc "$0/proc" && cd "$0" && exec chroot "$0" "$@"' "$root" \
    env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    bash -c 'cd /ssd320 && exec "$@"' _ "$@" </dev/null
}

versions() {
  inside bash -c '. /etc/os-release; echo "$PRETTY_NAME"; g++ --version | head -n 1; cmake --version | head -n 1
    dpkg-query -W catch2 libdnnl-dev libfmt-dev libcli11-dev nlohmann-json3-dev libprotozero-dev'
}

failed=0
try() {  # name of the log, command
  local log=$folder/$1.log started=$SECONDS
  shift
  echo "== $*  ($log)"
  if inside "$@" >"$log" 2>&1; then
    grep -E "tests passed|^Done in|built in" "$log" || true
    echo "   passed in $((SECONDS - started)) s"
  else
    tail -n 25 "$log"
    echo "   FAILED after $((SECONDS - started)) s"
    failed=1
  fi
}

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
root=$folder/root
make_root
copy_sources
try demo tools/demo.sh
try test tools/test.sh quick
versions
exit $failed
