#!/usr/bin/env bash
# The recipes for GPUs in configs/recipes, with programs that only note how they were called: what the batch file for
# SLURM does when weights are missing, at the end of its time, and after an error.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "recipes_test: $1" >&2; exit 1; }
is() { [ "$2" = "$3" ] || fail "$1 is '$2' instead of '$3'"; } # what, found, expected

mkdir "$folder/bin"
for program in srun scontrol ssdtrain; do
  printf '#!/bin/sh\necho "%s $*" >>%s/calls\n[ %s != scontrol ] || exit 0\nexit "${CODE:-0}"\n' \
    $program "$folder" $program >"$folder/bin/$program"
done
chmod +x "$folder"/bin/*
export PATH=$folder/bin:$PATH SSDTRAIN=$folder/bin/ssdtrain SLURM_JOB_ID=4711 SLURM_CPUS_PER_TASK=16
touch "$folder/weights.safetensors"

recipe() { # CODE RECIPE ARGUMENTS...: sets code and said; the calls are in the file
  rm -f "$folder/calls"
  touch "$folder/calls"
  code=0
  said=$(CODE=$1 bash "configs/recipes/$2" "${@:3}" 2>&1) || code=$?
}

batch=ssd320_fp16.sbatch
recipe 0 $batch "$folder/weights.safetensors"
is "the code of a run that ends well" $code 0
is "the number of its calls" "$(wc -l <"$folder/calls")" 1
[[ $(cat "$folder/calls") == "srun --kill-on-bad-exit=1 $SSDTRAIN --config "*" --init-from $folder/weights.safetensors "*"--resume auto" ]] ||
  fail "called: $(cat "$folder/calls")"

recipe 75 $batch "$folder/weights.safetensors"
is "the code of a run that was cut short" $code 75
is "what follows" "$(tail -n 1 "$folder/calls")" "scontrol requeue 4711"

for error in 1 5 6; do
  recipe $error $batch "$folder/weights.safetensors"
  is "the code of a run that fails" $code $error
  is "the number of its calls" "$(wc -l <"$folder/calls")" 1
done

for arguments in "" "$folder/nowhere.safetensors"; do
  recipe 0 $batch ${arguments:+"$arguments"}
  [ $code -ne 0 ] || fail "weights are missing ('$arguments'), and it goes on"
  is "the calls without weights" "$(cat "$folder/calls")" ""
  [[ $said == *weights* ]] || fail "said: $said"
done

# What srun hands over exists: the program knows the options, the configurations are there.
for file in configs/recipes/*; do
  config=$(grep -o 'configs/[a-z0-9_]*\.json' "$file")
  [ -e "$config" ] || fail "$file: $config is missing"
done
for count in 1 4 8; do
  recipe 0 ssd320_fp16_${count}gpu.sh "$folder/weights.safetensors" train.seed=3
  is "the code of the recipe for $count GPUs" $code 0
  [[ $(cat "$folder/calls") == *"coco_${count}gpu.json"*"--init-from $folder/weights.safetensors train.seed=3" ]] ||
    fail "called: $(cat "$folder/calls")"
done

# Installed ones find their configurations, and the program in PATH.
mkdir -p "$folder/share"
cp -r configs "$folder/share/configs"
unset SSDTRAIN
code=0
(cd "$folder" && rm -f calls && CODE=0 share/configs/recipes/ssd320_fp16_4gpu.sh weights.safetensors) || code=$?
is "the code of an installed recipe" $code 0
[[ $(cat "$folder/calls") == "ssdtrain --config $folder/share/configs/ssd320_coco_4gpu.json "*"--ranks 4"* ]] ||
  fail "called: $(cat "$folder/calls")"
echo "recipes_test: passed"
