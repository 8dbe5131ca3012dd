"""Checks TFRecord shards against TensorFlow, in both directions (needs `tensorflow`, not part of the tests).

  tfrecord_tensorflow.py check PREFIX ANNOTATIONS IMAGES   shards of `ssddata convert --to-records PREFIX`
  tfrecord_tensorflow.py write PATH ANNOTATIONS IMAGES     one shard as the original writes it, for
                                                           `ssddata convert --records PATH --to-coco ...`
"""
import glob
import hashlib
import json
import os
import sys

import numpy as np
import tensorflow as tf


def load(annotations):
    with open(annotations) as file:
        coco = json.load(file)
    names = {c["id"]: c["name"] for c in coco["categories"]}
    objects = {image["id"]: [] for image in coco["images"]}
    for a in coco["annotations"]:
        objects[a["image_id"]].append(a)
    return coco["images"], objects, names


def expected(image, annotations, names, image_folder):
    """The features of the specification, as a dict of lists."""
    width, height = image["width"], image["height"]
    with open(os.path.join(image_folder, image["file_name"]), "rb") as file:
        encoded = file.read()
    kept = [a for a in annotations
            if a["bbox"][2] > 0 and a["bbox"][3] > 0 and a["bbox"][0] + a["bbox"][2] <= width
            and a["bbox"][1] + a["bbox"][3] <= height]
    boxes = [a["bbox"] for a in kept]
    return {
        "image/height": [height], "image/width": [width],
        "image/filename": [image["file_name"].encode()], "image/source_id": [str(image["id"]).encode()],
        "image/key/sha256": [hashlib.sha256(encoded).hexdigest().encode()],
        "image/encoded": [encoded], "image/format": [b"jpeg"],
        "image/object/bbox/xmin": [np.float32(x / width) for x, y, w, h in boxes],
        "image/object/bbox/xmax": [np.float32((x + w) / width) for x, y, w, h in boxes],
        "image/object/bbox/ymin": [np.float32(y / height) for x, y, w, h in boxes],
        "image/object/bbox/ymax": [np.float32((y + h) / height) for x, y, w, h in boxes],
        "image/object/class/text": [names[a["category_id"]].encode() for a in kept],
        "image/object/is_crowd": [a["iscrowd"] for a in kept],
        "image/object/area": [np.float32(a["area"]) for a in kept],
    }


FLOATS = ("bbox/xmin", "bbox/xmax", "bbox/ymin", "bbox/ymax", "area")
INTEGERS = ("height", "width", "is_crowd")


def feature(key, values):
    if key.endswith(FLOATS):
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    if key.endswith(INTEGERS):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))


def check(prefix, annotations, image_folder):
    images, objects, names = load(annotations)
    shards = sorted(glob.glob(glob.escape(prefix) + ".record-*"))
    seen = 0
    for number, shard in enumerate(shards):
        for position, record in enumerate(tf.data.TFRecordDataset(shard)):
            image = images[position * len(shards) + number]
            example = tf.train.Example.FromString(record.numpy())
            want = expected(image, objects[image["id"]], names, image_folder)
            got = {}
            for key, value in example.features.feature.items():
                kind = value.WhichOneof("kind")
                assert kind == feature(key, []).WhichOneof("kind"), (key, kind)
                got[key] = list(getattr(value, kind).value)
            assert got == want, (shard, position, [k for k in want if got.get(k) != want[k]])
            seen += 1
    assert seen == len(images), (seen, len(images))
    print(f"TensorFlow {tf.__version__}: {seen} examples in {len(shards)} shards are as specified")


def write(path, annotations, image_folder):
    images, objects, names = load(annotations)
    with tf.io.TFRecordWriter(path) as writer:
        for image in images:
            values = expected(image, objects[image["id"]], names, image_folder)
            features = {key: feature(key, value) for key, value in values.items()}
            writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())


if __name__ == "__main__":
    {"check": check, "write": write}[sys.argv[1]](*sys.argv[2:])
