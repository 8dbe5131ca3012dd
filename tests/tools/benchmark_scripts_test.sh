#!/usr/bin/env bash
# Runs the scripts of benchmarks/ with stand-ins for the programs, whose figures are made up.
set -euo pipefail
command -v python3 >/dev/null || { echo "skipped: python3 is missing"; exit 0; }
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export BIN=$folder FOLDER=$folder

fail() { echo "benchmark_scripts_test: $1" >&2; exit 1; }
expect() { grep -qF -- "$1" "$folder/out" || { cat "$folder/out" >&2; fail "no '$1' in what was printed"; }; }

cat >"$folder/ssdbench" <<'END'
#!/usr/bin/env bash
[ -z "${BROKEN:-}" ] || { echo "ssdbench: out of memory" >&2; exit 6; }
spread='{"min": 1, "p25": 2, "median": 2, "p75": 3, "max": 4}'
machine="{\"notices\": [${NOTICE:-}]}"
case $1 in
  eval | allreduce) echo "{\"mode\": \"$1\", \"machine\": $machine, \"rows\": [{\"what\": \"$1, by 2\",
       \"seconds\": $spread, \"bus_gb_per_second\": {\"min\": 5, \"median\": 6, \"max\": 7}}]}" ;;
  op) echo "{\"mode\": \"infer\", \"batch\": 8, \"machine\": $machine, \"ms_per_step\": 1, \"ms_of_whole_steps\": $spread}" ;;
  *) echo "{\"results\": [{\"device\": \"cpu\", \"batch\": 8, \"images_per_second\": $spread,
       \"ms_per_step\": {\"mean\": 4000, ${spread#\{}, \"machine\": $machine}],
       \"machine\": {\"cpu\": \"a CPU\"}}" ;;
esac
END
chmod +x "$folder/ssdbench"

# One row per call, one header, and nothing from a run that failed or into a table of something else.
history=$folder/history.csv
for _ in 1 2; do benchmarks/record.py --file "$history" infer --batch 8 >/dev/null; done
benchmarks/record.py --file "$history" eval >/dev/null
[ "$(wc -l <"$history")" = 4 ] || fail "three calls gave $(wc -l <"$history") lines"
[ "$(grep -c '^date,commit,machine,mode,' "$history")" = 1 ] || fail "the table has not one header"
grep -q ',infer,"device cpu, batch 8",images/s,1,2,4,$' "$history" || fail "a row is wrong: $(tail -n 1 "$history")"
if BROKEN=1 benchmarks/record.py --file "$history" infer 2>/dev/null; then fail "a failed run was recorded"; fi
[ "$(wc -l <"$history")" = 4 ] || fail "a failed run left a row"
echo "a,b" >"$folder/other.csv"
head -c 40 /dev/urandom >"$folder/photo.jpg"
printf 'date,commit' >"$folder/torn.csv"
{ head -n 2 "$history"; printf '2000-01-01,torn'; } >"$folder/torn_row.csv"
for foreign in other.csv photo.jpg torn.csv torn_row.csv; do
  before=$(cksum "$folder/$foreign")
  # The measurement would fail, too: the file is looked at first.
  if BROKEN=1 benchmarks/record.py --file "$folder/$foreign" eval 2>"$folder/out"; then fail "$foreign was taken for a table"; fi
  [ "$(wc -l <"$folder/out")" = 1 ] || fail "$foreign gave $(wc -l <"$folder/out") lines"
  expect "$foreign"
  [ "$before" = "$(cksum "$folder/$foreign")" ] || fail "$foreign was changed"
done
benchmarks/record.py --file "$folder/more.csv" op --mode infer >/dev/null
grep -q ',op,"mode infer, batch 8",ms/step,1,2,4,$' "$folder/more.csv" || fail "a row of op is wrong: $(tail -n 1 "$folder/more.csv")"
benchmarks/record.py --file "$folder/more.csv" allreduce --ranks 2 >/dev/null
grep -q ',allreduce,"what allreduce, by 2",GB/s,5,6,7,$' "$folder/more.csv" ||
  fail "a row of allreduce is wrong: $(tail -n 1 "$folder/more.csv")"
for mode in eval infer op allreduce; do
  NOTICE='"other processes used 1.50 cores meanwhile"' benchmarks/record.py --file "$history" $mode >/dev/null
  tail -n 1 "$history" | grep -q '1.50 cores' || fail "a notice of $mode was lost"
done

# Without any peer, our figures and why there are no others. A busy machine writes no documents.
export SSD_PEERS=$folder/none
python3 -c 'import sys, importlib.util as u; sys.exit(bool(u.find_spec("pycocotools")))' && {
  benchmarks/compare.sh --no-install --jobs eval --quick --json "$folder/all.json" >"$folder/out" 2>&1
  expect '| **COCO evaluation of 1000 images** | ours | | 500.00 500.00 500.00 |'
  expect 'pycocotools'
  expect 'is not installed'
  python3 -c "import json; assert len(json.load(open('$folder/all.json'))['jobs']) == 1"
  before=$(cksum docs/performance.md)
  if NOTICE='"other processes used 1.50 cores meanwhile"' benchmarks/compare.sh --no-install --jobs eval --quick --docs \
    >"$folder/out" 2>&1; then fail "the docs were written on a busy machine"; fi
  expect 'the machine was busy'
  [ "$before" = "$(cksum docs/performance.md)" ] || fail "the docs were changed"
}
# A file that exists is replaced with --overwrite only, and a checkpoint never.
echo precious >"$folder/kept.json"
for wrong in "--jobs walk" "--rounds 2" "--steps 1" "--json $folder/kept.json" "--json $folder" \
  "--json $folder/kept.json --overwrite --checkpoint $folder/kept.json"; do
  # shellcheck disable=SC2086
  if benchmarks/compare.sh --no-install $wrong >"$folder/out" 2>&1; then fail "$wrong was taken"; fi
done
[ "$(cat "$folder/kept.json")" = precious ] || fail "a foreign file was replaced"
BROKEN=1 benchmarks/compare.sh --no-install --jobs eval --quick >"$folder/out" 2>&1 && fail "a failed job ended with 0"
expect 'out of memory'

# A peer that takes twice as long is half as fast; the table goes between the marks, again and again.
python3 - <<'END'
import os, sys
sys.path.insert(0, "benchmarks/peers")
import compare, measuring
entry = compare.finished(8, [1.0, 1.0, 2.0], {"turns": [2.0, 3.0, 4.0]})
assert entry["ratio"] == {"min": 2.0, "median": 2.0, "max": 3.0}, entry
assert entry["rate"]["max"] == 4.0, entry
assert measuring.worst(["a 1.5 b", "c 1 d", "a 2.5 b"]) == ["a 2.5 b", "c 1 d"]
measuring.DOCUMENT = os.path.join(os.environ["FOLDER"], "page.md")
marks = [f"<!-- {script} writes from here -->\n<!-- to here -->\n" for script in ("growth.py", "compare.sh")]
open(measuring.DOCUMENT, "w").write("top\n" + "".join(marks) + "end\n")
for text in ("no legs", "one leg"):
    for script in ("compare.sh", "growth.py"):
        measuring.write_document(script, f"{text} in {script}\n")
text = open(measuring.DOCUMENT).read()
assert text.startswith("top\n") and text.endswith("end\n") and text.count("no legs") == 0, text
assert text.index("one leg in growth.py") < text.index("one leg in compare.sh"), text
END
for script in compare.sh growth.py; do
  grep -qF "<!-- $script writes from here -->" docs/performance.md || fail "docs/performance.md has no marks of $script"
done

# Every series with figures, or a line that says why not.
benchmarks/growth.py --bin "$folder" --series batch,threads,images,ranks >"$folder/out" 2>&1 || fail "growth.py failed"
expect '| `infer`, images per step | ms/image | 1: **2** (1 to 4); 2: **1** (0.5 to 2);'
expect '| `allreduce`, 128 MiB of f32, ranks on this machine | ms | 2: **2000** (1000 to 4000); 4: **2000** (1000 to 4000) |'
if BROKEN=1 benchmarks/growth.py --bin "$folder" --series images >"$folder/out" 2>&1; then fail "a failed series ended with 0"; fi
expect 'growth: images: ssdbench: out of memory'
before=$(cksum docs/performance.md)
if NOTICE='"other processes used 1.50 cores meanwhile"' benchmarks/growth.py --bin "$folder" --series images --docs \
  >"$folder/out" 2>&1; then fail "growth.py wrote docs on a busy machine"; fi
[ "$before" = "$(cksum docs/performance.md)" ] || fail "growth.py changed the docs"
if benchmarks/growth.py --series walk 2>"$folder/out"; then fail "an unknown series was taken"; fi
expect 'there are batch, threads, size'
# folder.py: eight images in 4 s is the network's speed, and 30 images in 20 s ssddetect's.
for program in ssddata ssdtrain; do printf '#!/bin/sh\nexit 0\n' >"$folder/$program"; done
printf '#!/bin/sh\necho "ssddetect: 30 images in 20.00 s, 1.5 images/s, with reading" >&2\n' >"$folder/ssddetect"
chmod +x "$folder"/ssd{data,train,detect}
mkdir "$folder/photos" && : >"$folder/photos/a.jpg"
benchmarks/folder.py --photos "$folder/photos" --count 30 --rounds 2 --pictures >"$folder/out"
expect "batch 8: network 2.00 and 2.00 images/s, ssddetect with pictures 1.50, ratio 0.750"
expect "batch 8, json: median ratio 0.750"
mkdir "$folder/none"
if benchmarks/folder.py --photos "$folder/none" >"$folder/out" 2>&1; then fail "folder.py took a folder without photos"; fi
expect "there is no JPEG or PNG file"

echo "benchmark_scripts_test: passed"
