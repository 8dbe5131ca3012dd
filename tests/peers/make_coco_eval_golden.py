#!/usr/bin/env python3
"""Runs pycocotools on random cases and writes what tests/data/metrics/coco_eval_test.cpp compares with.

    python3 tests/peers/make_coco_eval_golden.py --cases 500 --output tests/golden/coco_eval_random.json

Needs numpy, pycocotools 2.0.11, and xxhash. The cases are not stored: both sides draw them from
their number, so random_case() below and tests/support/random_coco.cpp must be the same step for step.
The same command writes the same bytes each time.
"""
import argparse
import contextlib
import importlib.metadata
import io
import json
import os

import numpy
import pycocotools.coco
import pycocotools.cocoeval
import xxhash

MASK = (1 << 64) - 1


class Draw:
    """splitmix64."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return (z ^ (z >> 31)) % n


def random_size(draw):
    kind = draw.below(4)
    if kind == 0:  # areas that belong to two ranges
        return (32.0, 32.0) if draw.below(2) == 0 else (96.0, 96.0)
    least, most = ((100, 4000), (2000, 11000), (9000, 40000))[kind - 1]
    width = (least + draw.below(most - least)) / 100.0
    height = (least + draw.below(most - least)) / 100.0
    return width, height


def random_object(draw, categories):
    width, height = random_size(draw)
    x = draw.below(40000) / 100.0
    y = draw.below(40000) / 100.0
    category = draw.below(categories)
    crowd = draw.below(10) == 0
    area = width * height
    if draw.below(4) != 0:
        area = area * ((30 + draw.below(70)) / 100.0)
    return category, crowd, [x, y, width, height], area


def jittered(draw, box):
    if draw.below(4) == 0:
        return list(box)
    scale = (1 + draw.below(20)) / 10000.0
    x = box[0] + (draw.below(201) - 100.0) * scale * box[2]
    y = box[1] + (draw.below(201) - 100.0) * scale * box[3]
    width = box[2] * (0.8 + draw.below(41) / 100.0)
    height = box[3] * (0.8 + draw.below(41) / 100.0)
    return [x, y, width, height]


def random_score(draw, coarse):
    return draw.below(11) / 10.0 if coarse else draw.below(100000) / 100000.0


def random_detections(draw, style, coarse, categories, objects):
    found = []
    if style == 1:
        return found
    for category, _, box, _ in objects:
        for _ in range(draw.below(4)):
            hit = category if draw.below(5) else draw.below(categories)
            near = jittered(draw, box)
            found.append((hit, near, random_score(draw, coarse)))
    stray = draw.below(6) + (110 + draw.below(60) if style == 2 else 0)
    for _ in range(stray):
        width, height = random_size(draw)
        x = draw.below(40000) / 100.0
        y = draw.below(40000) / 100.0
        category = 0 if style == 2 else draw.below(categories)
        found.append((category, [x, y, width, height], random_score(draw, coarse)))
    return found


def random_case(number):
    """images: [(id, objects, detections)], category ids, first annotation id, reference areas."""
    draw = Draw(number)
    images, categories = 1 + draw.below(8), 1 + draw.below(6)
    style = draw.below(8)  # 0: no objects, 1: no detections, 2: over 100 detections in an image
    coarse = draw.below(2) == 0
    listed = []
    for i in range(images):
        count = 0 if style == 0 else draw.below(12)
        objects = []
        for _ in range(count):
            twin = draw.below(8) == 0 and objects
            objects.append(objects[-1] if twin else random_object(draw, categories))
        crowded = style if style != 2 or i == 0 else 3
        found = random_detections(draw, crowded, coarse, categories, objects)
        listed.append(((i * 7 + 3) % 11 + 1, objects, found))
    category_ids = [(k * 5 + 2) % 7 + 1 for k in range(categories)]
    return listed, category_ids, number % 5 != 0, number % 7 == 3


def coco_of(images, category_ids, annotations):
    coco = pycocotools.coco.COCO()
    coco.dataset = {
        "images": [{"id": image_id} for image_id in images],
        "categories": [{"id": k} for k in category_ids],
        "annotations": annotations,
    }
    coco.createIndex()
    return coco


def evaluate(number):
    listed, category_ids, first_id, reference_areas = random_case(number)
    truth, found = [], []
    for image_id, objects, detections in listed:
        for category, crowd, box, area in objects:
            if reference_areas:
                area = box[2] * box[3]
            truth.append({"id": len(truth) + first_id, "image_id": image_id, "iscrowd": int(crowd),
                          "category_id": category_ids[category], "bbox": box, "area": area})
        for category, box, score in detections:
            found.append({"image_id": image_id, "category_id": category_ids[category], "bbox": box,
                          "score": score})
    image_ids = [image_id for image_id, _, _ in listed]
    coco = coco_of(image_ids, category_ids, truth)
    results = coco.loadRes(found) if found else coco_of(image_ids, category_ids, [])
    run = pycocotools.cocoeval.COCOeval(coco, results, "bbox")
    run.evaluate()
    run.accumulate()
    run.summarize()
    return run


def hashed(array):
    return xxhash.xxh3_64_hexdigest(numpy.ascontiguousarray(array, dtype="<f8").tobytes())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    version = importlib.metadata.version("pycocotools")
    rows = []
    for number in range(arguments.cases):
        with contextlib.redirect_stdout(io.StringIO()):
            run = evaluate(number)
        hashes = [hashed(run.eval[name]) for name in ("precision", "recall", "scores")]
        stats = [-1 if value == -1 else float(value) for value in run.stats]
        rows.append(json.dumps(hashes + stats, separators=(",", ":")))
    command = f"make_coco_eval_golden.py --cases {arguments.cases}"
    with open(arguments.output, "w", encoding="ascii") as file:
        file.write('{"maker": "%s", "pycocotools": "%s",\n' % (command, version))
        file.write('"row": "XXH3-64 of the float64 bytes of precision, recall, scores; 12 stats",\n')
        file.write('"cases": [\n' + ",\n".join(rows) + "\n]}\n")
    print(arguments.output, os.path.getsize(arguments.output), "bytes")


if __name__ == "__main__":
    main()
