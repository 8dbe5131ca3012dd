#!/usr/bin/python3
"""Compares the engine's training steps with an independent PyTorch implementation.

For each case this draws weights, images and boxes, computes training steps in float64 with PyTorch,
lets `model_parity` compute the same in f64, fp32 and bf16, and prints the largest differences,
relative to the largest value of each tensor. Exit code 1 when a limit is exceeded, when a case that
should be clear of kinks is not, or when a gradient times 1.001 would go unnoticed.

  tests/peers/torch_parity.py --program build/tests/model_parity [--cases ssd320,small]
  tests/peers/torch_parity.py --write-golden tests/golden/parity_small.safetensors

Needs python3-torch and python3-numpy of Debian 12 (1.13, 1.24). An optimised BLAS makes the float64
convolutions about five times faster. Written from the published description of SSD320 v1.2, with
none of the engine's code: what they agree on, two readers of that description understood alike.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch

from parity_cases import CASES, GOLDEN
from parity_tensor_file import read_tensors, write_tensors
from parity_training import draw_batch, training

LIMITS = {"f64": 1e-9, "fp32": 1e-4}  # bf16: BF16_LOSS_LIMIT for the losses, the rest for information
BF16_LOSS_LIMIT = 0.02
NEARLY = 0.5  # clear cases: how far PyTorch's float32 may go towards a kink, and the least lead of the
LEAST_LEAD = 1e-4  # largest value in a pooling window, where float32 is off by some 1e-6
SAMPLES = 24  # values of each tensor in the golden file


# ---- comparison ----

def difference(ours, theirs):
    if ours.shape != theirs.shape or not np.isfinite(ours).all():
        return math.inf
    scale = np.abs(theirs).max()
    worst = np.abs(ours - theirs).max()
    return worst / scale if scale > 0 else (0.0 if worst == 0 else math.inf)


def groups_of(ours, theirs):
    """{group: (largest relative difference, tensor)}."""
    if set(ours) != set(theirs):
        return {"names": (math.inf, str(sorted(set(ours) ^ set(theirs))[:3]))}
    worst = {}
    for name in theirs:
        kind, _, rest = name.partition("/")
        leaf = rest.rpartition("/")[2]
        group = kind if kind in ("logits", "codes", "anchors") or not leaf else f"{kind} {leaf}"
        if name == "losses":
            for column, label in enumerate(("localization", "classification", "regularization", "total")):
                a, b = ours[name][:, column], theirs[name][:, column]
                worst["loss " + label] = (float((np.abs(a - b) / np.abs(b)).max()), name)
            continue
        found = difference(ours[name], theirs[name])
        if found >= worst.get(group, (-1.0,))[0]:
            worst[group] = (float(found), name)
    return worst


def inputs_of(spec, batch, variables):
    tensors = {"model/" + name: value for name, value in variables.start.items()}
    return dict(tensors, **batch), {"parity": json.dumps({k: spec[k] for k in ("detector", "loss", "optimizer",
                                                                              "freeze", "steps")})}


def well_conditioned(spec, seeds, storage=np.float32):
    """The first batch that PyTorch's own float32 handles well, and results of float64 and float32.

    A value within rounding of a ReLU's kink, or a batch norm over two nearly equal values, makes
    the float32 gradient a matter of luck, for every implementation.
    """
    for seed in range(1, seeds + 1):
        batch = draw_batch(spec, seed)
        theirs, variables, exact = training(spec, batch, storage)
        single, _, rounded = training(spec, batch, storage, torch.float32, (variables, exact))
        worst = max(error for error, _ in groups_of(single, theirs).values())
        if worst < LIMITS["fp32"] / 3:
            break
    else:
        if seeds > 1:
            print(f"no seed up to {seeds} is well conditioned: float32 may exceed its limit by chance")
    if spec["clear"]:
        print(exact.in_words(rounded))
        if rounded.share > NEARLY or exact.lead < LEAST_LEAD:
            sys.exit(f"not clear of kinks: expected at most {NEARLY} of the way, and leads of {LEAST_LEAD}")
    return seed, batch, theirs, variables, single


def gradients_times(factor, tensors):
    return {n: factor * v for n, v in tensors.items() if n.startswith("gradient/") and v.any()}


def unnoticed(ours, theirs, limit):
    """Gradients that could be wrong by a thousandth, each by itself, without exceeding the limit."""
    return [n for n, v in gradients_times(1.001, ours).items() if difference(v, theirs[n]) <= limit]


def run_engine(precision, options, files):
    began = time.time()
    subprocess.run([options.program, *files, "--precision", precision, "--device", options.device], check=True)
    return read_tensors(files[1]), time.time() - began


def run_case(name, spec, options):
    began = time.time()
    whole = name.startswith("ssd320")
    seed, batch, theirs, variables, single = well_conditioned(spec, 1 if whole or spec["clear"] else 40)
    print(f"\n{name}: seed {seed}, PyTorch f64 and f32 {time.time() - began:.1f} s", flush=True)
    table = {group: {"torch f32": worst} for group, worst in groups_of(single, theirs).items()}
    ok = True
    with tempfile.TemporaryDirectory() as folder:
        files = [os.path.join(folder, "in"), os.path.join(folder, "out")]
        write_tensors(files[0], *inputs_of(spec, batch, variables))
        for precision in options.precisions:
            ours, seconds = run_engine(precision, options, files)
            print(f"{name}: engine {precision} {seconds:.1f} s", flush=True)
            for group, worst in groups_of(ours, theirs).items():
                table.setdefault(group, {})[precision] = worst
            for missed in unnoticed(ours, theirs, LIMITS.get(precision, math.inf)):
                if precision in LIMITS:
                    print(f"  {precision} {missed}: an error of 0.001 goes unnoticed")
                    ok = False
    columns = ["torch f32"] + options.precisions
    print(f"{'':24}" + "".join(f"{p:>11}" for p in columns))
    for group, row in table.items():
        print(f"{group:24}" + "".join(f"{row[p][0]:11.1e}" if p in row else " " * 11 for p in columns))
    return all([within_limits(group, row, spec) for group, row in table.items()]) and ok


def informative(precision, group, spec):
    """Gradients of float32 where a kink may be anywhere near; a clear case holds them to the limit."""
    return precision == "fp32" and spec["kinks"] and group.partition(" ")[0] in ("gradient", "momentum")


def within_limits(group, row, spec):
    ok = True
    for precision, (error, tensor) in row.items():
        limit = math.inf if informative(precision, group, spec) else LIMITS.get(precision, math.inf)
        if precision == "bf16" and group == "loss total":
            limit = BF16_LOSS_LIMIT
        if not error <= limit:
            print(f"  over {limit:.0e}: {precision} {tensor} {error:.2e}")
            ok = False
    return ok


# ---- the golden file ----

def fingerprint(value):
    """Evenly spread samples, then a sum weighted by cos(i): tests/support/fingerprint.cpp has the same."""
    flat = value.ravel()
    stride = -(-flat.size // SAMPLES)
    return np.append(flat[::stride], (flat * np.cos(np.arange(flat.size))).sum())


def write_golden(path):
    torch.set_num_threads(1)
    seed, batch, theirs, variables, _ = well_conditioned(GOLDEN, 40, np.float16)
    tensors, metadata = inputs_of(GOLDEN, dict(batch, images=batch["images"].astype(np.float16)), variables)
    names = sorted(n for n in theirs if n not in ("losses", "anchors"))
    tensors["expected/losses"] = theirs["losses"]
    tensors["expected/all"] = np.concatenate([fingerprint(theirs[n]) for n in names])
    tensors["expected/largest"] = np.array([np.abs(theirs[n]).max() for n in names])
    metadata.update(seed=str(seed), maker="tests/peers/torch_parity.py", torch=torch.__version__, samples=str(SAMPLES),
                    command="tests/peers/torch_parity.py --write-golden " + os.path.basename(path))
    write_tensors(path, tensors, metadata)
    print(f"{path}: {os.path.getsize(path)} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/tests/model_parity")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--cases", default=",".join(CASES), help="of " + ", ".join(CASES))
    parser.add_argument("--precisions", default="f64,fp32,bf16", type=lambda text: text.split(","))
    parser.add_argument("--images", type=int, help="batch size instead of the case's own")
    parser.add_argument("--write-golden", metavar="FILE")
    options = parser.parse_args()
    if options.write_golden:
        return write_golden(options.write_golden)
    results = {}
    for name in options.cases.split(","):
        spec = dict(CASES[name], **({"images": options.images} if options.images else {}))
        results[name] = run_case(name, spec, options)
    print("\n" + ", ".join(f"{name}: {'agrees' if ok else 'DIFFERS'}" for name, ok in results.items()))
    return 0 if all(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
