#!/usr/bin/env python3
"""Writes report.md and report.json into OUT from what tools/gpu_check.sh left in FOLDER, and prints what a
person must see first.

  tools/gpu_report.py FOLDER OUT FAILED    FAILED: 0 while nothing has failed
"""
import json
import pathlib
import re
import sys

# Work of SSD320 per 320 x 320 image, in FLOP (docs/results.md): forward, and a training step.
FLOP = {"infer": 44.6e9, "train": 133e9}
# Targets: (title, how our figure is chosen, figure, PyTorch's factor). Absolute ones are an H200's.
TARGETS = [
    {"title": "training, batch norm on batch statistics", "mode": "train", "frozen": False,
     "factor": 2, "h200": 2900},
    {"title": "training, frozen batch norm", "mode": "train", "frozen": True,
     "factor": None, "h200": 3400},
    {"title": "inference with NMS", "mode": "infer", "frozen": False,
     "factor": 3, "h200": 10000},
]
LATENCY_TARGET_MS = 1.0
SLOWEST_SHAPES = 25  # of the table of operations; report.json has all


def load(path, default):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return default


def read_machine(folder):
    lines = (folder / "machine.txt").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def read_phases(folder):
    phases = []
    for line in (folder / "phases.tsv").read_text().splitlines():
        name, status, seconds, note = line.split("\t")
        phases.append({"phase": name, "status": status, "seconds": int(seconds), "note": note})
    return phases


def failed_tests(folder):
    """Names and outcomes of the tests that did not pass, from ctest's logs."""
    found = []
    line = re.compile(r"Test +#\d+: (\S+) \.*\s*\**(Failed|Timeout|Exception|Not Run|Subprocess)")
    for log in sorted(folder.glob("logs/test_*.log")):
        found += [f"{m[1]} ({m[2].lower()})" for m in line.finditer(log.read_text(errors="replace"))]
    return sorted(set(found))


def read_steps(folder):
    """What `ssdbench train` and `infer` printed, with the same keys as torch_gpu.py's results."""
    rows = []
    for path in sorted(folder.glob("step_*.json")):
        printed = load(path, None)
        if printed is None:
            continue
        row = printed["results"][0]
        latency = row.get("latency_ms", {})
        rows.append({"mode": row["mode"], "precision": row["precision"], "batch": row["batch"],
                     "frozen": row["frozen_batch_norm"],
                     "images_per_second": row["images_per_second"]["median"],
                     "p50_ms": latency.get("p50"), "p99_ms": latency.get("p99"),
                     "step_memory_mib": row.get("step_memory_mib")})
    return rows


def read_operations(folder):
    """What `ssdbench op` printed, training first."""
    tables = [load(path, None) for path in folder.glob("op_*.json")]
    return sorted((t for t in tables if t), key=lambda t: (t["mode"] != "train", t["frozen_batch_norm"]))


def best(rows, mode, frozen):
    fitting = [r for r in rows if r.get("mode") == mode and bool(r.get("frozen")) == frozen
               and r.get("images_per_second") and r.get("batch", 0) > 1
               and r.get("precision") in ("fp16", "bf16")]
    return max(fitting, key=lambda r: r["images_per_second"], default=None)


def verdict(reached):
    return "not run" if reached is None else "reached" if reached else "**not reached**"


def judge(rows, peers, machine):
    """One line per target: our figure, PyTorch's, the ratio, and what was wanted."""
    on_h200 = "H200" in machine.get("gpu", "")
    lines = []
    for target in TARGETS:
        ours = best(rows, target["mode"], target["frozen"])
        theirs = best(peers, target["mode"], target["frozen"])
        rate = ours["images_per_second"] if ours else None
        ratio = rate / theirs["images_per_second"] if ours and theirs else None
        wanted, reached = [], []
        if target["factor"]:
            wanted.append(f"{target['factor']} x PyTorch")
            reached.append(None if ratio is None else ratio >= target["factor"])
        wanted.append(f"{target['h200']:,} img/s on an H200")
        reached.append(rate >= target["h200"] if rate and on_h200 else None)
        lines.append({"target": target["title"], "ours": rate,
                      "ours_how": describe(ours), "pytorch": theirs and theirs["images_per_second"],
                      "pytorch_how": describe(theirs), "ratio": ratio,
                      "wanted": wanted, "verdicts": [verdict(r) for r in reached]})
    single = next((r for r in rows if r.get("mode") == "infer" and r.get("batch") == 1), None)
    theirs = min((r for r in peers if r.get("mode") == "infer" and r.get("batch") == 1
                  and r.get("p50_ms")), key=lambda r: r["p50_ms"], default=None)
    p50 = single.get("p50_ms") if single else None
    lines.append({"target": "latency at batch 1, p50 in ms", "ours": p50,
                  "ours_how": f"p99 {number(single['p99_ms'], 3)}" if p50 else "",
                  "pytorch": theirs and theirs["p50_ms"], "pytorch_how": describe(theirs),
                  "ratio": theirs["p50_ms"] / p50 if theirs and p50 else None,
                  "wanted": [f"{LATENCY_TARGET_MS:g} ms"],
                  "verdicts": [verdict(None if p50 is None else p50 <= LATENCY_TARGET_MS)]})
    return lines


def describe(row):
    if not row:
        return ""
    parts = [row.get("precision", ""), f"batch {row.get('batch')}", row.get("variant", "")]
    return ", ".join(p for p in parts if p)


def number(value, digits=1):
    return "-" if value is None else f"{value:,.{digits}f}"


def share(row, peak):
    if not peak or not row.get("images_per_second"):
        return "-"
    return f"{row['images_per_second'] * FLOP[row['mode']] / (peak * 1e12):.1%}"


def table(header, rows):
    return ["| " + " | ".join(header) + " |", "|" + "---|" * len(header),
            *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows), ""]


def operation_table(rows, by_shape):
    shape = ["shape"] if by_shape else []
    return table(["operation", *shape, "n", "ms", "of all", "GFLOP", "MB", "roofline ms", "reached"],
                 [[r["op"], *([r["detail"]] if by_shape else []), r["count"], number(r["ms"], 3),
                   f"{r['share_of_step']:.1%}", number(r["gflop"]), number(r["mb"]),
                   number(r["roofline_ms"], 3), f"{r['share_of_roofline']:.0%}"] for r in rows])


def operations(t):
    """Where the time of one kind of step goes: a row per operation, then the slowest by shape."""
    frozen = ", frozen batch norm" if t["frozen_batch_norm"] else ""
    shapes = t["shapes"][:SLOWEST_SHAPES]
    peaks = ("as they were given" if t.get("peaks_given") else
             f"both measured in this run, the first with convolution {t['peak_convolution']}")
    return [f"## Where the time goes: {t['mode']}, {t['precision']}, batch {t['batch']}{frozen}", "",
            f"{t['device']}. Roofline: {number(t['peak_tflop_per_second'], 3)} TFLOP/s and "
            f"{number(t['peak_gb_per_second'])} GB/s, {peaks}. "
            "MB: every operand read or written once; GFLOP: of convolutions. A step as it runs takes "
            f"{number(t['ms_per_step'], 2)} ms; its operations one by one {number(t['ms_of_operations'], 2)} ms, "
            f"with {number(t['ms_outside_operations'], 2)} ms between them; the roofline "
            f"{number(t['roofline_ms'], 2)} ms.", "",
            *operation_table(t["operations"], by_shape=False),
            f"The slowest {len(shapes)} of {len(t['shapes'])} shapes:", "",
            *operation_table(shapes, by_shape=True)]


def headline(result):
    if not result["passed"]:
        return "Not everything passed."
    if not result["phases"]:
        return "Nothing was run."
    skipped = [p["phase"] for p in result["phases"] if p["status"] != "passed"]
    return "Everything passed." if not skipped else "Nothing failed; not run: " + ", ".join(skipped) + "."


def summary(result):
    """What a person must see first: what is wrong, then how fast it is."""
    machine = result["machine"]
    lines = [headline(result), f"{machine.get('gpu', 'no GPU')}, driver {machine.get('driver', '-')}, sources "
             f"{machine.get('sources', '-')}"]
    lines += [f"{p['phase']}: {p['status']}: {p['note']}" for p in result["phases"] if p["status"] != "passed"]
    if result["failed_tests"]:
        lines.append("tests that did not pass: " + ", ".join(result["failed_tests"]))
    for t in result["targets"]:
        if t["ours"] is None:
            continue
        beside = "" if t["ratio"] is None else f", {t['ratio']:.2f} x PyTorch's {number(t['pytorch'], 2)}"
        lines.append(f"{t['target']}: {number(t['ours'], 2)} ({t['ours_how']}){beside}")
    return lines


def markdown(result):
    machine, peers = result["machine"], result["pytorch"]
    peak = peers.get("matmul_tflops")
    out = ["# Check on a GPU", ""]
    first, *rest = summary(result)
    out += [f"**{first}**", "", *(f"* {line}" for line in rest), ""]
    out += table(["", ""], [[k, v] for k, v in machine.items()])
    out += ["## Phases", ""]
    out += table(["phase", "status", "s", "note"],
                 [[p["phase"], p["status"] if p["status"] == "passed" else f"**{p['status']}**",
                   p["seconds"], p["note"]] for p in result["phases"]])
    out += ["## Targets", ""]
    out += table(["target", "here", "how", "PyTorch", "how", "ratio", "wanted"],
                 [[t["target"], number(t["ours"], 2), t["ours_how"], number(t["pytorch"], 2),
                   t["pytorch_how"], number(t["ratio"], 2),
                   "; ".join(f"{w}: {v}" for w, v in zip(t["wanted"], t["verdicts"]))]
                  for t in result["targets"]])
    for word in ("not reached", "not run"):
        missed = [f"{t['target']} ({w})" for t in result["targets"]
                  for w, v in zip(t["wanted"], t["verdicts"]) if word in v]
        if missed:
            out += [f"**{word.capitalize()}:** " + "; ".join(missed) + ".", ""]
    out += ["## Speed", ""]
    if peak:
        out += [f"Share of the {peak:.0f} TFLOP/s (bf16) and copies at "
                f"{number(peers.get('copy_tb_per_s'), 2)} TB/s that this GPU did in the same run.", ""]
    rows = [["ssd320", r] for r in result["steps"]]
    rows += [[f"PyTorch {peers.get('torch', '')} {r.get('variant', '')}", r] for r in peers.get("results", [])]
    out += table(["program", "mode", "precision", "batch", "img/s", "share of peak", "p50 ms", "p99 ms"],
                 [[name, r.get("mode") + (", frozen BN" if r.get("frozen") else ""), r.get("precision"),
                   r.get("batch"), number(r.get("images_per_second")),
                   share(r, peak),
                   number(r.get("p50_ms"), 3), number(r.get("p99_ms"), 3)] for name, r in rows])
    if peers.get("errors"):
        out += ["PyTorch variants that failed: " +
                "; ".join(f"{k}: {v}" for k, v in peers["errors"].items()), ""]
    for t in result["operations"]:
        out += operations(t)
    return "\n".join(out)


def main():
    folder, out, failed = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3] != "0"
    peers = load(folder / "torch.json", {})
    steps = read_steps(folder)
    machine = read_machine(folder)
    phases = read_phases(folder)
    failed = failed or any(p["status"] in ("failed", "timeout") for p in phases)
    result = {"passed": not failed, "machine": machine, "phases": phases,
              "failed_tests": failed_tests(folder), "steps": steps, "pytorch": peers,
              "operations": read_operations(folder),
              "targets": judge(steps, peers.get("results", []), machine)}
    (out / "report.json").write_text(json.dumps(result, indent=1) + "\n")
    (out / "report.md").write_text(markdown(result))
    print("\n".join(summary(result)))


if __name__ == "__main__":
    main()
