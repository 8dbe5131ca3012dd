#!/usr/bin/env bash
# Measures this engine beside other systems, in turns in one run, and prints ratios.
#   benchmarks/compare.sh --quick             everything, in less than 15 minutes on an idle machine
#   benchmarks/compare.sh                     more rounds, longer turns, more settings of the peers
#   benchmarks/compare.sh --quick --docs --json ratios.json   also writes the table into docs/performance.md
#   benchmarks/compare.sh --help              other options
# It installs the other systems with pip into a folder outside the project: $SSD_PEERS, or
# ~/.cache/ssd320/peers. With --no-install it uses what is there. It needs the programs of
# build/cpu/bin, or of the folder in $BIN.
set -euo pipefail
cd "$(dirname "$0")/.."
peers=${SSD_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/ssd320/peers}
packages=(numpy pillow pycocotools faster-coco-eval opencv-python-headless onnxruntime openvino torch torchvision)

install=1 options=()
for option in "$@"; do
  if [ "$option" = --no-install ]; then install=; else options+=("$option"); fi
done

has() { "$peers/bin/python" -c 'import importlib.metadata, sys; importlib.metadata.version(sys.argv[1])' "$1" 2>/dev/null; }

if [ -n "$install" ] && [[ " ${options[*]-} " != *" --help "* ]]; then
  [ -x "$peers/bin/python" ] || python3 -m venv "$peers"
  for package in "${packages[@]}"; do
    has "$package" && continue
    echo "compare.sh: installing $package into $peers" >&2
    "$peers/bin/python" -m pip install --quiet --disable-pip-version-check "$package" ||
      echo "compare.sh: $package cannot be installed: what needs it is left out" >&2
  done
fi
python=$peers/bin/python
[ -x "$python" ] || python=python3
exec "$python" benchmarks/peers/compare.py "${options[@]}"
