#!/usr/bin/env bash
# Fills .gpu-prefix/ with the packages that the build needs, for machines with a GPU and no network.
# Run it where apt works (Debian 12), take the folder along with the sources, run tools/gpu_check.sh there.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,3s/^# \{0,1\}//p' "$0"; exit 0 ;; -*) echo "gpu_prefix.sh: unknown option $1" >&2; exit 2 ;; esac
cd "$(dirname "$0")/.."

packages=(
  libjpeg62-turbo-dev libjpeg62-turbo libpng-dev libpng16-16 zlib1g-dev zlib1g libfmt-dev libfmt9
  libcli11-dev nlohmann-json3-dev libprotozero-dev libxxhash-dev libxxhash0 catch2
  libdnnl-dev libdnnl2 ocl-icd-libopencl1
)
folder=$PWD/.gpu-prefix
rm -rf "$folder"
mkdir -p "$folder"
(cd "$folder" && apt-get -o APT::Sandbox::User=root download -qq "${packages[@]}")
for file in "$folder"/*%3a*; do  # the colon of an epoch
  mv "$file" "${file//%3a/_}"
done
found=$(find "$folder" -name '*.deb' | wc -l)
[ "$found" -eq ${#packages[@]} ] || { echo "gpu_prefix: $found of ${#packages[@]} packages came" >&2; exit 1; }
# They stay packed: oneDNN alone is 40 MB unpacked.
echo "$folder: $found packages, $(du -sm "$folder" | cut -f1) MiB"
