#!/usr/bin/env bash
# Installs what the build needs, where it is missing. Safe to run again. The names are those of Debian 12 and 13. On
# Ubuntu they were not tried yet; some would come from its component `universe`.
#   tools/setup.sh           installs
#   tools/setup.sh --list    only prints the names of all packages, one a line
set -euo pipefail
case "${1:-}" in
  "" | --list) ;;
  -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
  *) echo "setup.sh: unknown option $1" >&2; exit 2 ;;
esac

packages=(
  g++ cmake ninja-build ccache git pkg-config
  libjpeg-dev libpng-dev libfmt-dev libcli11-dev nlohmann-json3-dev libprotozero-dev libxxhash-dev
  libpugixml-dev libyaml-cpp-dev libisal-dev libssl-dev catch2 libdnnl-dev libboost-context-dev
  libpango1.0-dev fonts-dejavu-core fonts-freefont-ttf fonts-wqy-microhei
)

if [ "${1:-}" = --list ]; then
  printf '%s\n' "${packages[@]}"
  exit 0
fi

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "setup: installing ${missing[*]}" >&2
sudo=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "setup: these packages are missing, and there is no sudo to install them: ${missing[*]}" >&2
    exit 1
  }
  sudo=(sudo)
fi
"${sudo[@]}" apt-get update -q >&2
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
