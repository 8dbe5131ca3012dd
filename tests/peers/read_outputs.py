"""Lets the readers that people use in Python open the files of a run and of a conversion, and compares what they read.

  read_outputs.py READER RUN ANNOTATIONS IMAGES PREFIX

READER is safetensors (the checkpoints of the folder RUN), tensorboard (its events), pandas (its tables), pycocotools
(its detections, evaluated on the COCO file ANNOTATIONS of its validation data) or tfrecord (the shards PREFIX.record-*
of ANNOTATIONS and its folder IMAGES). Prints one line. tests/tools/readers_test.cpp starts it.
"""
import csv
import glob
import importlib.metadata
import json
import os
import sys

import numpy as np


class Files:
    def __init__(self, run, annotations, images, prefix):
        self.run, self.annotations, self.images, self.prefix = run, annotations, images, prefix

    def of_run(self, name):
        return os.path.join(self.run, name)

    def json(self, name):
        with open(self.of_run(name)) as file:
            return json.load(file)


def read_safetensors(files):
    from read_checkpoint import compare_with_package, read
    checkpoints = [files.of_run(name) for name in ("last.safetensors", "best.safetensors")]
    counts = []
    for path in checkpoints:
        metadata, tensors, _ = read(path)
        assert "equal" in compare_with_package(path, metadata, tensors)
        counts.append(len(tensors))
    return f"{counts} tensors of {len(checkpoints)} checkpoints"


def read_tensorboard(files):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    events = EventAccumulator(files.run, size_guidance={"scalars": 0, "images": 0}).Reload()
    scalars = {tag: {e.step: e.value for e in events.Scalars(tag)} for tag in events.Tags()["scalars"]}
    compared = 0
    with open(files.of_run("results.csv"), newline="") as file:
        for row in csv.DictReader(file):
            for tag, cell in row.items():
                if tag not in ("step", "epoch") and cell:
                    assert np.isclose(scalars[tag][int(row["step"])], float(cell), rtol=1e-5, atol=1e-30), (tag, row)
                    compared += 1
    pictures = [event for tag in events.Tags()["images"] for event in events.Images(tag)]
    assert compared > 100 and pictures
    for picture in pictures:
        assert picture.width > 0 and picture.encoded_image_string[:3] in (b"\xff\xd8\xff", b"\x89PN")
    return f"{compared} scalars are those of results.csv; {len(pictures)} pictures"


def read_pandas(files):
    import pandas
    table = pandas.read_csv(files.of_run("results.csv"))
    assert all(pandas.api.types.is_numeric_dtype(kind) for kind in table.dtypes), table.dtypes
    assert table["step"].is_monotonic_increasing and table["step"].is_unique
    assert table["Loss/total_loss"].notna().sum() > 10
    metrics = files.json("metrics.json")
    best = table[table["step"] == metrics["step"]]["DetectionBoxes_Precision/mAP"]
    assert len(best) == 1 and np.isclose(best.iloc[0], metrics["DetectionBoxes_Precision/mAP"], rtol=1e-5), best
    classes = pandas.read_csv(files.of_run("per_class.csv"))
    for row, expected in zip(classes.to_dict("records"), metrics["per_class"], strict=True):
        assert row == expected, (row, expected)
    return f"{len(table)} rows of results.csv, {len(classes)} of per_class.csv"


def read_pycocotools(files):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval
    truth = COCO(files.annotations)
    evaluation = COCOeval(truth, truth.loadRes(files.of_run("detections.json")), "bbox")
    evaluation.evaluate(), evaluation.accumulate(), evaluation.summarize()
    metrics = [v for name, v in files.json("metrics.json").items() if name.startswith("DetectionBoxes_")]
    assert len(metrics) == 12 and metrics[0] > 0.01, metrics
    assert np.allclose(evaluation.stats, metrics, rtol=0, atol=1e-12), (evaluation.stats, metrics)
    return f"12 metrics are those of metrics.json, mAP {metrics[0]:.3f}"


def read_tfrecord(files):
    from tfrecord import example_pb2
    from tfrecord.reader import tfrecord_iterator
    from tfrecord_features import check_shards
    shards = sorted(glob.glob(glob.escape(files.prefix) + ".record-*"))
    seen = check_shards(shards, files.annotations, files.images,
                        lambda shard: map(example_pb2.Example.FromString, map(bytes, tfrecord_iterator(shard))))
    return f"{seen} examples in {len(shards)} shards are as specified"


READERS = {"safetensors": read_safetensors, "tensorboard": read_tensorboard, "pandas": read_pandas,
           "pycocotools": read_pycocotools, "tfrecord": read_tfrecord}

if __name__ == "__main__":
    if len(sys.argv) != 6 or sys.argv[1] not in READERS:
        sys.exit(__doc__)
    said = READERS[sys.argv[1]](Files(*sys.argv[2:]))
    print(f"{sys.argv[1]} {importlib.metadata.version(sys.argv[1])}: {said}")
