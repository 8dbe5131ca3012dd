#!/bin/sh
# SSD320 on COCO 2017 in fp16 on 8 GPUs of one machine, 8 x 32 images per step. Run it at the project's root:
#   configs/recipes/ssd320_fp16_8gpu.sh resnet50.safetensors [KEY=VALUE ...]
# The file has the backbone's weights. tools/download_coco.sh gets the images.
set -eu
weights=${1:?which file has the weights of the backbone?}
shift
exec "${SSDTRAIN:-build/gpu/bin/ssdtrain}" --config configs/ssd320_coco_8gpu.json --device cuda --precision fp16 --ranks 8 \
    --init-from "$weights" "$@"
