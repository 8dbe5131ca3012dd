#!/usr/bin/env python3
"""How the cost of SSD320 grows with batch, threads, image size, classes, boxes, images and ranks.

  benchmarks/growth.py                       prints a table; minutes
  benchmarks/growth.py --series batch,size   some of its series
  benchmarks/growth.py --docs                also writes the table into docs/performance.md

A series changes one number and leaves everything else as it is. The programs are those of
build/cpu/bin, or of --bin. A busy machine writes no docs.
"""
import argparse
import json
import os
import sys
import tempfile

import measuring

STEPS, WARMUP = 5, 2


class Series:
    """Figures over one number: (number, minimum, median, maximum) in `unit`."""

    def __init__(self, name, title, unit, points):
        self.name, self.title, self.unit, self.points = name, title, unit, points


def per_image(place, mode, batch, *options, threads=None):
    """Milliseconds per image."""
    row = place.bench(mode, "--device", "cpu", "--batch", batch, "--threads",
                      threads or place.options.threads, "--warmup", WARMUP, "--steps", STEPS,
                      *options)["results"][0]
    return [row["ms_per_step"][key] / batch for key in ("min", "median", "max")]


def batches(place):
    for mode, sizes in (("infer", (1, 2, 4, 8, 16, 32)), ("train", (1, 2, 4, 8, 16))):
        yield Series("batch", f"`{mode}`, images per step", "ms/image",
                     [(n, *per_image(place, mode, n)) for n in sizes])


def threads(place):
    numbers = sorted({1, 2, place.options.threads})
    for mode in ("infer", "train"):
        yield Series("threads", f"`{mode}`, batch 8, threads", "ms/image",
                     [(n, *per_image(place, mode, 8, threads=n)) for n in numbers])


def sizes(place):
    _, annotations = place.pictures()

    def point(side):
        file = place.train_one_step(f"side{side}", annotations, "train.batch_size=1",
                                    f"model.input_height={side}", f"model.input_width={side}")
        return (side, *per_image(place, "infer", 1, "--checkpoint", file))
    yield Series("size", "`infer`, batch 1, pixels a side", "ms/image",
                 [point(side) for side in (160, 320, 480, 640)])


def with_classes(place, annotations, count):
    """The same annotations with `count` categories."""
    with open(annotations) as file:
        data = json.load(file)
    used = {c["id"] for c in data["categories"]}
    more = [i for i in range(1, 2 * count + len(used)) if i not in used][:count - len(used)]
    data["categories"] += [{"id": i, "name": f"class {i}"} for i in more]
    path = place.at(f"classes{count}.json")
    with open(path, "w") as file:
        json.dump(data, file)
    return path


def classes(place):
    _, annotations = place.pictures()

    def point(count):
        file = place.train_one_step(f"of{count}", with_classes(place, annotations, count),
                                    "train.batch_size=1", f"model.num_classes={count}")
        return (count, *per_image(place, "infer", 1, "--checkpoint", file))
    yield Series("classes", "`infer`, batch 1, classes", "ms/image",
                 [point(count) for count in (3, 20, 90, 365)])


def boxes(place):
    def point(count):
        images, annotations = place.pictures(f"boxes{count}", min_objects=count, max_objects=count,
                                             min_size=0.05, max_size=0.08)
        return (count, *per_image(place, "train", 8, "--images", images, "--annotations", annotations))
    yield Series("boxes", "`train`, batch 8, objects in each image", "ms/image",
                 [point(count) for count in (1, 10, 100)])


def milliseconds(place, *arguments):
    """Of the first row of a command whose rows are in seconds."""
    seconds = place.bench(*arguments)["rows"][0]["seconds"]
    return [1000 * seconds[key] for key in ("min", "median", "max")]


def images(place):
    def point(count):
        return (count, *milliseconds(place, "eval", "--count", count, "--threads", place.options.threads))
    yield Series("images", "`eval`, images of 100 detections each", "ms",
                 [point(count) for count in (1250, 2500, 5000, 10000)])


def ranks(place):
    size = 131072  # KiB: the gradients of SSD320, about

    def point(count):
        return (count, *milliseconds(place, "allreduce", "--ranks", count, "--kib", size,
                                     "--runs", STEPS))
    yield Series("ranks", "`allreduce`, 128 MiB of f32, ranks on this machine", "ms",
                 [point(count) for count in (2, 4)])


ALL = {"batch": batches, "threads": threads, "size": sizes, "classes": classes, "boxes": boxes,
       "images": images, "ranks": ranks}


def table(series):
    lines = ["| what grows | unit | number: median (min to max) |", "|---|---|---|"]
    for s in series:
        points = "; ".join(f"{n}: **{median:.4g}** ({low:.4g} to {high:.4g})"
                           for n, low, median, high in s.points)
        lines.append(f"| {s.title} | {s.unit} | {points} |")
    return "\n".join(lines) + "\n"


def arguments():
    parser = argparse.ArgumentParser(prog="growth.py", description=__doc__.splitlines()[0])
    parser.add_argument("--series", default=",".join(ALL), help="some of them")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--bin", default=os.path.join(measuring.ROOT, "build/cpu/bin"))
    parser.add_argument("--docs", action="store_true", help="write the table into docs/performance.md")
    o = parser.parse_args()
    o.checkpoint = None
    o.series = o.series.split(",")
    unknown = sorted(set(o.series) - set(ALL))
    if unknown:
        parser.error(f"--series: unknown: {', '.join(unknown)}; there are {', '.join(ALL)}")
    return o


def main():
    o = arguments()
    done, failed = [], False
    with tempfile.TemporaryDirectory(prefix="ssd_growth") as folder:
        place = measuring.Place(o, folder)
        for name in o.series:
            print(f"growth: {name}", file=sys.stderr, flush=True)
            try:
                done += ALL[name](place)
            except measuring.Failure as failure:
                print(f"growth: {name}: {failure}", file=sys.stderr)
                failed = True
    text = (f"{measuring.cpu_name()}, {o.threads} threads, {measuring.now()[:10]}, "
            f"commit {measuring.commit()}; fp32, {STEPS} steps after {WARMUP} of warm-up.\n\n{table(done)}")
    print(text, end="")
    notices = measuring.worst(place.notices)
    for notice in notices:
        print(f"growth: {notice}", file=sys.stderr)
    if o.docs and not notices and not failed:
        measuring.write_document("growth.py", text)
    elif o.docs:
        print("growth: a series failed or the machine was busy: the docs are not changed", file=sys.stderr)
    return 1 if failed or (o.docs and notices) else 0


if __name__ == "__main__":
    sys.exit(main())
