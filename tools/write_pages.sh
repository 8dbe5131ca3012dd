#!/usr/bin/env bash
# Writes the pages of docs/ that the programs print: config_keys.md, pipeline_fields.md and programs.md.
#   tools/write_pages.sh build/cpu      the folder of a build with benchmarks
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,3s/^# \{0,1\}//p' "$0"; exit 0 ;; -*) echo "write_pages.sh: unknown option $1" >&2; exit 2 ;; esac
[ $# -eq 1 ] || { sed -n '2,3s/^# \{0,1\}//p' "$0" >&2; exit 2; }
bin=$(cd "$1/bin" && pwd)
cd "$(dirname "$0")/../docs"
new=$(mktemp)
trap 'rm -f "$new"' EXIT

"$bin/ssdtrain" --help-config --markdown > "$new" && cat "$new" > config_keys.md
"$bin/ssdtrain" --help-pipeline > "$new" && cat "$new" > pipeline_fields.md
{
  sed '/^## `ssdtrain/,$d' programs.md | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' # what people write; no empty lines at its end
  for program in ssdtrain ssdeval ssddetect ssdexport ssddata ssdbench; do
    "$bin/$program" --print-markdown
  done
} > "$new" && cat "$new" > programs.md
