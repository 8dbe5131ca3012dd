#!/usr/bin/env python3
"""Compares ssddetect on a folder of photos with the network alone.

  benchmarks/folder.py --photos ../shared/data/demo-photos
  benchmarks/folder.py --photos photos --count 200 --batch 8,16 --rounds 3 --pictures

It fills a temporary folder with links to the photos, in turns, until there are --count of them, and
makes a checkpoint of the whole SSD320 with 90 classes, whose weights are those of a single step. In
each round and for each batch size, `ssdbench infer --from decoded` times the network on decoded
photos, before and after `ssddetect --json` on the folder. The ratio is that of their images per
second. With --pictures, a second run of ssddetect draws up to ten boxes into every photo, too.
The programs are those of build/cpu/bin, or of the folder in $BIN.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.environ.get("BIN", os.path.join(ROOT, "build/cpu/bin"))


def run(program, *arguments):
    done = subprocess.run([os.path.join(BIN, program), *map(str, arguments)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        raise SystemExit(f"folder.py: {program} ended with {done.returncode}: {done.stderr.strip()}")
    return done


def links_to(photos, count, folder):
    names = sorted(n for n in os.listdir(photos) if n.lower().endswith((".jpg", ".jpeg", ".png")))
    if not names:
        raise SystemExit(f"folder.py: --photos {photos}: there is no JPEG or PNG file")
    os.mkdir(folder)
    for i in range(count):
        name = names[i % len(names)]
        os.symlink(os.path.abspath(os.path.join(photos, name)),
                   os.path.join(folder, f"{i:05}{os.path.splitext(name)[1]}"))


def checkpoint_in(folder):
    data, runs = os.path.join(folder, "data"), os.path.join(folder, "run")
    run("ssddata", "synth", data, "--train", 2, "--val", 2)
    keys = [f"data.{part}.{key}" for part in ("train", "val") for key in ("annotations", "images")]
    files = [f"{data}/annotations/instances_train.json", f"{data}/images",
             f"{data}/annotations/instances_val.json", f"{data}/images"]
    run("ssdtrain", "--config", os.path.join(ROOT, "configs/ssd320_base.json"), "--output-dir", runs,
        *(f"{key}={value}" for key, value in zip(keys, files)), "model.num_classes=90",
        "train.steps=1", "train.batch_size=2", "train.precision=fp32", "eval.every_steps=0",
        "log.report=false")
    return os.path.join(runs, "last.safetensors")


def network(photos, batch, steps):
    """Images per second of the network: of all steps, in the order in which they ran."""
    out = run("ssdbench", "infer", "--images", photos, "--from", "decoded", "--batch", batch,
              "--warmup", 2, "--steps", steps, "--json").stdout
    return batch * 1000 / json.loads(out)["results"][0]["ms_per_step"]["mean"]


def folder_rate(checkpoint, photos, batch, *more):
    err = run("ssddetect", "--checkpoint", checkpoint, photos, "--batch", batch, *more).stderr
    images, seconds = re.search(r"(\d+) images in ([0-9.]+) s", err).groups()
    return int(images) / float(seconds)


def measure(options, batch, photos, checkpoint, kinds):
    """Prints the ratio of each round, then the median of each kind."""
    ratios = {kind: [] for kind in kinds}
    for _ in range(options.rounds):
        before = network(photos, batch, options.steps)
        for kind, more in kinds.items():
            rate = folder_rate(checkpoint, photos, batch, *more)
            after = network(photos, batch, options.steps)
            ratios[kind].append(2 * rate / (before + after))
            print(f"batch {batch}: network {before:.2f} and {after:.2f} images/s, ssddetect with "
                  f"{kind} {rate:.2f}, ratio {ratios[kind][-1]:.3f}", flush=True)
            before = after
    for kind, all_of in ratios.items():
        print(f"batch {batch}, {kind}: median ratio {statistics.median(all_of):.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", required=True)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--batch", default="8")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--pictures", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        def place(name):
            return os.path.join(folder, name)
        links_to(options.photos, options.count, place("photos"))
        checkpoint = checkpoint_in(folder)
        kinds = {"json": ["--json", place("found.json"), "--overwrite"]}
        if options.pictures:
            kinds["pictures"] = kinds["json"] + ["-o", place("out"), "--max", "10",
                                                 "--score-threshold", "0", "--classes",
                                                 "circle,square,triangle"]
        for batch in map(int, options.batch.split(",")):
            measure(options, batch, place("photos"), checkpoint, kinds)


if __name__ == "__main__":
    main()
