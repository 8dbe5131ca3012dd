#!/usr/bin/env bash
# What ptxas says about every GPU kernel: registers, shared memory, spills, per architecture.
#   tools/kernel_table.sh build/cuda build/cuda.log
# reads the log of a CUDA build, keeps the table in <folder>/kernels.tsv (an object that was not built
# again keeps its lines), and prints a summary. Fails when a kernel spills, when there is none, or when the sanitizers
# of tools/gpu_check.sh would not look at one.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;; -*) echo "kernel_table.sh: unknown option $1" >&2; exit 2 ;; esac
[ $# -eq 2 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
folder=$1 log=$2 table=$1/kernels.tsv
ours=$(sed -n 's/^our_kernels=//p' "$(dirname "$0")/gpu_check.sh")
fresh=$(mktemp) kept=$(mktemp)
trap 'rm -f "$fresh" "$kept"' EXIT

# object, architecture, kernel, registers, bytes of shared memory, of stack, of spills
awk -v OFS='\t' '
  /Building CUDA object/ { object = $NF }
  /Compiling entry function/ { split($0, part, "\x27"); kernel = part[2]; arch = part[4] }
  /bytes stack frame/ { stack = $1; spills = $5 + $9 }
  /ptxas info *: Used [0-9]+ registers/ {
    match($0, /Used [0-9]+/); registers = substr($0, RSTART + 5, RLENGTH - 5)
    shared = match($0, /[0-9]+ bytes smem/) ? substr($0, RSTART, RLENGTH - 11) : 0
    if (kernel != "") print object, arch, kernel, registers, shared, stack, spills
    kernel = ""
  }' "$log" | c++filt |
  sed -E 's/(\w+|\(anonymous namespace\))::|\((int|bool)\)//g; s/\tvoid /\t/; s/>\([^\t]*\)\t/>\t/' >"$fresh"

if [ -e "$table" ]; then
  awk -F'\t' 'NR == FNR { again[$1]; next } !($1 in again)' "$fresh" "$table" |
    while IFS=$'\t' read -r object rest; do
      [ ! -e "$folder/$object" ] || printf '%s\t%s\n' "$object" "$rest"
    done >"$kept"
fi
sort -t$'\t' -k2,2V -k4,4nr -k3,3 "$fresh" "$kept" >"$table"
[ -s "$table" ] || { echo "no kernel in $log" >&2; exit 1; }
missed=$(awk -v ours="$ours" '/Compiling entry function/ && !index($0, ours) { print; exit }' "$log")
if [ -n "$missed" ]; then
  printf '%s\nthe sanitizers would not look at this kernel: its name lacks "%s" of tools/gpu_check.sh\n' "$missed" "$ours" >&2
  exit 1
fi

awk -F'\t' '
  { ++kernels[$2]; if (!($2 in most)) { order[++archs] = $2; most[$2] = $4 " (" $3 ")" } }
  $5 > shared[$2] { shared[$2] = $5; largest[$2] = $3 }
  $7 > 0 { print "spills " $7 " bytes on " $2 ": " $3; failed = 1 }
  END {
    for (i = 1; i <= archs; ++i) {
      a = order[i]
      printf "   %s: %d kernels; most registers %s; most shared memory %d (%s)\n", a, kernels[a], most[a], shared[a], largest[a]
    }
    exit failed
  }' "$table"
