#!/usr/bin/env bash
# Tries the Debian package in a fresh release: installs it with what it depends on, runs the programs, removes it, and
# compares what is left with what was there before.
#   tools/try_package.sh [--mirror URL] [--keyring FILE] PACKAGE.deb RELEASE [FOLDER]
#     RELEASE    debian:bookworm, debian:trixie, ubuntu:jammy, ubuntu:noble ...; the one on which the package was made
#     --mirror   where the release's packages are; default: $SSD_MIRROR, else what this machine's apt uses
#     --keyring  the keys of the release, where this machine does not trust them (Debian's package ubuntu-keyring)
#     FOLDER     what is kept: the root file system and the log; default: /var/tmp/ssd320-package-RELEASE
# It needs root and debootstrap.
set -euo pipefail
self=$(readlink -f "$0") caller=$PWD
cd "$(dirname "$self")/.."
usage() { sed -n '2,9s/^# \{0,1\}//p' "$self"; }
. tools/release_root.sh
read_release_arguments "$@"
package=${arguments[0]:-} release=${arguments[1]:-}
case $package in *.deb) ;; *) usage >&2; exit 2 ;; esac
package=$(from_caller "$package")
[ -f "$package" ] || fail "$package: there is no such file"
choose_release "$release" "${arguments[2]:-/var/tmp/ssd320-package-${release/:/-}}"
log=$folder/package.log

step() {  # what it is, command inside the root file system
  echo "== $1"
  shift
  inside /root bash -euo pipefail -c "$*" >>"$log" 2>&1 || { tail -n 20 "$log" >&2; fail "failed: $* ($log)"; }
}

# Files of the system. What apt, dpkg and ld keep about all packages is left out, and so are what programs compile for
# themselves and the root user's own files.
files() {
  (cd "$root" && find bin/ etc lib/ opt sbin/ usr -xdev ! -type d ! -path '*/__pycache__/*' | sort) |
    grep -v -e '^etc/ld.so.cache' -e '^etc/.*-$' || true
}

make_root
: >"$log"
[ -z "$(inside / dpkg-query -W -f='${Status}' ssd320 2>/dev/null | grep installed)" ] || fail "$root has the package already: remove that folder"
files >"$folder/before"
cp "$package" "$root/root/ssd320.deb"

step "installing" 'apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends ./ssd320.deb'
step "every program says its version" 'for p in ssdtrain ssdeval ssddetect ssddata ssdexport ssdbench; do $p --version; done'
step "training, evaluation, detection, export" 'rm -rf try && mkdir try && cd try &&
  ssddata synth data/shapes --train 16 --val 4 &&
  ssdtrain --config /usr/share/ssd320/configs/shapes_demo.json --output-dir run train.steps=4 train.schedule.warmup_steps=0 &&
  ssdeval --checkpoint run --config /usr/share/ssd320/configs/shapes_demo.json &&
  ssddetect --checkpoint run data/shapes/images -o found --json boxes.json &&
  ssdexport --checkpoint run --onnx model.onnx && ls found boxes.json model.onnx'
step "the loader finds the library" 'ldconfig -p | grep "libssd320.so.0 "'
step "no file of the package is missing" 'dpkg --verify ssd320 && dpkg -L ssd320 | grep /usr/bin/ssdtrain'
step "removing" 'rm -rf try && DEBIAN_FRONTEND=noninteractive apt-get purge -y -q --autoremove ssd320'
files >"$folder/after"
left=$(comm -13 "$folder/before" "$folder/after")
[ -z "$left" ] || fail "these files were left behind: $(echo "$left" | head -n 5 | tr '\n' ' ')"
inside / bash -c '. /etc/os-release; echo "$PRETTY_NAME: the package installs, runs and is removed cleanly"'
