#!/usr/bin/env bash
# Downloads COCO 2017 (19 GB of images, 0.25 GB of annotations) and unpacks it. Safe to stop and run again.
#   tools/download_coco.sh [FOLDER]      default: data/coco, where configs/ssd320_coco_*.json look for it
set -euo pipefail

usage() { sed -n '2,3s/^# //p' "$0"; }
case "${1:-}" in -h | --help) usage; exit 0 ;; -*) echo "download_coco.sh: unknown option $1" >&2; usage >&2; exit 2 ;; esac

folder=${1:-data/coco}
base=http://images.cocodataset.org
# name, bytes, path on the server, what the archive unpacks to
archives="
train2017.zip 19336861798 zips/train2017.zip train2017
val2017.zip 815585330 zips/val2017.zip val2017
annotations_trainval2017.zip 252907541 annotations/annotations_trainval2017.zip annotations/instances_val2017.json
"
for tool in curl unzip; do
  command -v "$tool" >/dev/null || { echo "download_coco.sh: $tool is not installed" >&2; exit 1; }
done
mkdir -p "$folder"
cd "$folder"

size_of() { stat -c %s "$1" 2>/dev/null || echo 0; }

fetch() {  # name, bytes, path: resumes what is there; checks the size
  local name=$1 bytes=$2 path=$3
  if [ "$(size_of "$name")" -ne "$bytes" ]; then
    [ "$(size_of "$name")" -le "$bytes" ] || { echo "download_coco.sh: $folder/$name is too large: remove it" >&2; exit 3; }
    echo "downloading $name ($((bytes >> 20)) MiB)"
    curl --fail --location --retry 5 --continue-at - --output "$name" "$base/$path"
  fi
  [ "$(size_of "$name")" -eq "$bytes" ] || {
    echo "download_coco.sh: $folder/$name has $(size_of "$name") bytes, expected $bytes: run again to resume" >&2
    exit 3
  }
}

echo "$archives" | while read -r name bytes path result; do
  [ -n "$name" ] || continue
  [ -e "$result.done" ] && continue
  fetch "$name" "$bytes" "$path"
  unzip -q -o "$name"
  [ -e "$result" ] || { echo "download_coco.sh: $name did not contain $result" >&2; exit 3; }
  touch "$result.done"
  rm "$name"
done

echo "COCO 2017 is in $folder. Check it with:"
echo "  ssddata check --annotations $folder/annotations/instances_val2017.json --images $folder/val2017"
