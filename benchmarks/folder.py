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
import os
import re
import statistics
import sys
import tempfile

import measuring


def links_to(photos, count, folder):
    names = sorted(n for n in os.listdir(photos) if n.lower().endswith((".jpg", ".jpeg", ".png")))
    if not names:
        raise SystemExit(f"folder.py: --photos {photos}: there is no JPEG or PNG file")
    os.mkdir(folder)
    for i in range(count):
        name = names[i % len(names)]
        os.symlink(os.path.abspath(os.path.join(photos, name)),
                   os.path.join(folder, f"{i:05}{os.path.splitext(name)[1]}"))


def network(place, photos, batch, steps):
    """Images per second of the network: of all steps, in the order in which they ran."""
    row = place.bench("infer", "--checkpoint", place.checkpoint(), "--images", photos, "--batch", batch,
                      "--from", "decoded", "--warmup", 2, "--steps", steps)["results"][0]
    return batch * 1000 / row["ms_per_step"]["mean"]


def folder_rate(place, photos, batch, *more):
    said = place.run("ssddetect", "--checkpoint", place.checkpoint(), photos, "--batch", batch, *more).stderr
    images, seconds = re.search(r"(\d+) images in ([0-9.]+) s", said).groups()
    return int(images) / float(seconds)


def measure(place, batch, photos, kinds):
    """Prints the ratio of each round, then the median of each kind."""
    ratios = {kind: [] for kind in kinds}
    for _ in range(place.options.rounds):
        before = network(place, photos, batch, place.options.steps)
        for kind, more in kinds.items():
            rate = folder_rate(place, photos, batch, *more)
            after = network(place, photos, batch, place.options.steps)
            ratios[kind].append(2 * rate / (before + after))
            print(f"batch {batch}: network {before:.2f} and {after:.2f} images/s, ssddetect with "
                  f"{kind} {rate:.2f}, ratio {ratios[kind][-1]:.3f}", flush=True)
            before = after
    for kind, all_of in ratios.items():
        print(f"batch {batch}, {kind}: median ratio {statistics.median(all_of):.3f}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", required=True)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--batch", default="8")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--pictures", action="store_true")
    options = parser.parse_args()
    options.bin = os.environ.get("BIN", os.path.join(measuring.ROOT, "build/cpu/bin"))
    options.threads, options.checkpoint = len(os.sched_getaffinity(0)), None
    return options


def main():
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        place = measuring.Place(options, folder)
        links_to(options.photos, options.count, place.at("photos"))
        kinds = {"json": ["--json", place.at("found.json"), "--overwrite"]}
        if options.pictures:
            kinds["pictures"] = kinds["json"] + ["-o", place.at("out"), "--max", "10",
                                                 "--score-threshold", "0", "--classes",
                                                 "circle,square,triangle"]
        try:
            for batch in map(int, options.batch.split(",")):
                measure(place, batch, place.at("photos"), kinds)
        except measuring.Failure as failure:
            raise SystemExit(f"folder.py: {failure}")
    for notice in measuring.worst(place.notices):
        print(f"folder.py: {notice}", file=sys.stderr)


if __name__ == "__main__":
    main()
