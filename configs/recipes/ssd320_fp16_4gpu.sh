#!/bin/sh
# SSD320 on COCO 2017 in fp16 on 4 GPUs of one machine, 4 x 32 images per step. Run it in the folder that has data/coco:
#   configs/recipes/ssd320_fp16_4gpu.sh resnet50.safetensors [KEY=VALUE ...]
# The file has the backbone's weights. tools/download_coco.sh gets the images.
set -eu
case "${1:-}" in -h | --help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;; -*) echo "ssd320_fp16_4gpu.sh: unknown option $1" >&2; exit 2 ;; esac
weights=${1:?which file has the weights of the backbone?}
shift
configs=$(cd "$(dirname "$0")/.." && pwd)
ssdtrain=${SSDTRAIN:-$configs/../build/gpu/bin/ssdtrain}
[ -x "$ssdtrain" ] || ssdtrain=ssdtrain # an installed one
exec "$ssdtrain" --config "$configs/ssd320_coco_4gpu.json" --device cuda --precision fp16 --ranks 4 \
    --init-from "$weights" "$@"
