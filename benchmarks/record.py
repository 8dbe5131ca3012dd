#!/usr/bin/env python3
"""Runs ssdbench once and adds one row to a table of measurements, so that its history can be seen.

  benchmarks/record.py infer --batch 8 --steps 20 --warmup 3
  benchmarks/record.py --file other.csv eval --threads 2

The row has date, commit, machine, mode and settings, and the figure with minimum and maximum:
images/s of train, infer and data, seconds of eval, ms per image of conv, ms of a step of op, and the
bus bandwidth of allreduce. With several cases in one call (such as --batch 1,8) the last one counts.
What ssdbench noticed on the machine stands in the last column: do not rely on such a row. A file that
is no such table is never changed; that is looked at before the measurement.
"""
import csv
import io
import json
import os
import subprocess
import sys

import measuring

COLUMNS = ["date", "commit", "machine", "mode", "settings", "unit", "min", "median", "max", "noticed"]
MODES = ["train", "infer", "data", "eval", "op", "conv", "allreduce"]
SETTINGS = ["mode", "device", "precision", "from", "pictures", "what", "batch", "threads", "clock",
            "transport", "conv_algorithm", "weight_gradients", "frozen_batch_norm", "deterministic", "checkpoint",
            "peaks_given", "steps", "runs"]


def figure(mode, result):
    """The unit, and minimum, median and maximum."""
    if mode == "conv":
        sums = {key: sum(r["count"] * r["ms"][key] for r in result["results"]) / result["batch"]
                for key in ("min", "median", "max")}
        return "ms/image", sums
    if mode == "eval":
        return "s", result["rows"][-1]["seconds"]
    if mode == "op":
        return "ms/step", result["ms_of_whole_steps"]
    if mode == "allreduce":
        return "GB/s", result["rows"][-1]["bus_gb_per_second"]
    return "images/s", result["results"][-1]["images_per_second"]


def last_case(result):
    rows = result.get("results") or result.get("rows") or [{}]
    return {**rows[-1], **{k: v for k, v in result.items() if not isinstance(v, (list, dict))}}


def notices_of(result):
    """What disturbed the measurement: of the whole call, or of each case where cases have their own."""
    holders = [result, *result.get("results", [])]
    return [notice for holder in holders for notice in holder.get("machine", {}).get("notices", [])]


def row_of(mode, result):
    case = last_case(result)
    unit, spread = figure(mode, result)
    return {"date": measuring.now(), "commit": measuring.commit(),
            "machine": measuring.cpu_name(), "mode": mode,
            "settings": ", ".join(f"{k} {case[k]}" for k in SETTINGS
                                  if case.get(k) not in (None, "", False, mode)),
            "unit": unit, **{key: f"{spread[key]:.4g}" for key in ("min", "median", "max")},
            "noticed": "; ".join(notices_of(result))}


def check_table(path):
    """Ends the program unless a row can be added to the file: it has our columns, or is not there yet."""
    if not os.path.lexists(path):
        folder = os.path.dirname(path) or "."
        if not os.path.isdir(folder):
            raise SystemExit(f"record.py: {folder} is no folder: make it, or choose another --file")
        return
    if not os.path.isfile(path):
        raise SystemExit(f"record.py: {path} is no file: choose another --file")
    with open(path, "rb") as file:
        text = file.read()
    if text and text.split(b"\n", 1)[0].decode(errors="replace") != ",".join(COLUMNS):
        raise SystemExit(f"record.py: {path} has other columns: move it away, or choose another --file")
    if text and not text.endswith(b"\n"):
        raise SystemExit(f"record.py: the last row of {path} has no end: mend or remove that row")


def add_row(path, row):
    """Appends the row, after the one header of a new file, in one piece."""
    lines = io.StringIO()
    writer = csv.DictWriter(lines, COLUMNS, lineterminator="\n")
    if not os.path.exists(path) or os.path.getsize(path) == 0:
        writer.writeheader()
    writer.writerow(row)
    with open(path, "a", newline="") as file:
        file.write(lines.getvalue())


def main():
    arguments, path = sys.argv[1:], os.path.join(measuring.ROOT, "benchmarks", "history.csv")
    if arguments[:1] == ["--file"] and len(arguments) > 1:
        path, arguments = arguments[1], arguments[2:]
    if not arguments or arguments[0] not in MODES:
        raise SystemExit(__doc__.strip())
    check_table(path)
    program = os.path.join(os.environ.get("BIN", os.path.join(measuring.ROOT, "build/cpu/bin")), "ssdbench")
    done = subprocess.run([program, *arguments, "--json"], text=True, stdout=subprocess.PIPE)
    if done.returncode:
        return done.returncode
    row = row_of(arguments[0], json.loads(done.stdout))
    add_row(path, row)
    print(", ".join(f"{key} {value}" for key, value in row.items() if value))
    return 0


if __name__ == "__main__":
    sys.exit(main())
