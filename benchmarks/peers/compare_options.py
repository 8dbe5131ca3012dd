"""The command line of compare.py."""

import argparse
import os


def parse(description, root, fewest_rounds):
    parser = argparse.ArgumentParser(prog="compare.sh", description=description)
    parser.add_argument("--quick", action="store_true", help="less than 15 minutes on an idle machine")
    parser.add_argument("--jobs", default="infer,train,eval,jpeg,nms", help="some of them")
    parser.add_argument("--rounds", type=int, help="turns of each side; 5, quick: 3")
    parser.add_argument("--steps", type=int, help="steps of a turn; 8, quick: 3")
    parser.add_argument("--minutes", type=float, help="no job begins later; 120, quick: 15")
    parser.add_argument("--eval-images", type=int, help="of the COCO evaluation; 5000, quick: 1000")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--checkpoint", help="a trained SSD320; default: one after a single step")
    parser.add_argument("--bin", default=os.environ.get("BIN", os.path.join(root, "build/cpu/bin")))
    parser.add_argument("--json", help="file for all figures")
    parser.add_argument("--overwrite", action="store_true", help="replace that file")
    parser.add_argument("--docs", action="store_true",
                        help="write the table into docs/performance.md, unless the machine was busy")
    parser.add_argument("--no-install", action="store_true", help="use the peers that are there")
    o = parser.parse_args()
    defaults = {"rounds": (5, 3), "steps": (8, 3), "minutes": (120, 15), "eval_images": (5000, 1000)}
    for name, (normal, quick) in defaults.items():
        if getattr(o, name) is None:
            setattr(o, name, quick if o.quick else normal)
    if o.rounds < fewest_rounds or o.steps < fewest_rounds:
        parser.error(f"--rounds and --steps: {fewest_rounds} or more, fewer show no noise")
    unknown = set(o.jobs.split(",")) - {"infer", "train", "eval", "jpeg", "nms"}
    if unknown:
        parser.error(f"--jobs: unknown: {', '.join(sorted(unknown))}")
    check_output(parser, o)
    return o


def check_output(parser, o):
    """Before the first measurement: only a file of an earlier call is replaced, and no input."""
    if not o.json or not os.path.lexists(o.json):
        return
    if not os.path.isfile(o.json):
        parser.error(f"--json: {o.json} is no file: give the name of a file")
    if o.checkpoint and os.path.exists(o.checkpoint) and os.path.samefile(o.json, o.checkpoint):
        parser.error(f"--json: {o.json} is the checkpoint, which is never replaced: choose another name")
    if not o.overwrite:
        parser.error(f"--json: {o.json} exists: choose another name, or give --overwrite to replace it")
