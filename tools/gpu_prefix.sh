#!/usr/bin/env bash
# Fills .gpu-prefix/ with the packages that the build needs, for machines with a GPU and no network.
# Run it where apt works (Debian 12), take the folder along with the sources, run tools/gpu_check.sh there.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,3s/^# \{0,1\}//p' "$0"; exit 0 ;; -*) echo "gpu_prefix.sh: unknown option $1" >&2; exit 2 ;; esac
cd "$(dirname "$0")/.."

# What tools/setup.sh installs and what that depends on; but not the tools that the machine has to bring, what only the
# modelled GPU needs, and what every system with such tools has.
tools='g\+\+|cmake|ninja-build|ccache|git|libboost-context-dev'
system='libc6|libc6-dev|libc-dev-bin|linux-libc-dev|gcc-.*-base|lib(gcc-s1|gomp1|stdc\+\+6|crypt1|crypt-dev|acl1)'
system+='|lib(tinfo6|ncursesw6|selinux1|sepol2|mount1|blkid1|uuid1)'
system+='|lib(nsl|tirpc|krb5|k5crypto|gssapi|keyutils|com-err|readline|sqlite|db5|elf1|lzo2|lzma|zstd|bz2).*'
system+='|.*python3.*|perl.*|dpkg|tar|debconf|media-types|rpcsvc-proto|readline-common|lsb-base|sysvinit-utils|x11-common'
system+='|.*icu.*|gir1.2-.*|libgirepository.*|.*-doctools|libglib2.0-bin|libglib2.0-data|.*-tools|fontconfig'

folder=$PWD/.gpu-prefix
rm -rf "$folder"
mkdir -p "$folder/apt/partial"
: >"$folder/apt/status"  # nothing is installed, so that apt lists all
mapfile -t wanted < <(tools/setup.sh --list | grep -vxE "$tools")
apt-get -o Dir::State::status="$folder/apt/status" -o Dir::Cache::archives="$folder/apt" -o Debug::NoLocking=1 -qq \
  --simulate --no-install-recommends install "${wanted[@]}" >"$folder/apt/list"
mapfile -t packages < <(awk '/^Inst/ { print $2 }' "$folder/apt/list" | grep -vxE "$system")
rm -r "$folder/apt"
(cd "$folder" && apt-get -o APT::Sandbox::User=root download -qq "${packages[@]}")
for file in "$folder"/*%3a*; do  # the colon of an epoch
  mv "$file" "${file//%3a/_}"
done
found=$(find "$folder" -name '*.deb' | wc -l)
[ "$found" -eq ${#packages[@]} ] || { echo "gpu_prefix: $found of ${#packages[@]} packages came" >&2; exit 1; }
# They stay packed: oneDNN alone is 40 MB unpacked.
echo "$folder: $found packages, $(du -sm "$folder" | cut -f1) MiB"
