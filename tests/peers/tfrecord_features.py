"""The features of a TFRecord example, as the specification of the original's records says."""
import hashlib
import json
import os

import numpy as np

FLOATS = ("bbox/xmin", "bbox/xmax", "bbox/ymin", "bbox/ymax", "area")
INTEGERS = ("height", "width", "is_crowd")


def kind_of(key):
    if key.endswith(FLOATS):
        return "float_list"
    return "int64_list" if key.endswith(INTEGERS) else "bytes_list"


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


def differing(example, want):
    """Keys whose values in a tf.train.Example are not those of `want`."""
    got = {}
    for key, value in example.features.feature.items():
        kind = value.WhichOneof("kind")
        assert kind == kind_of(key), (key, kind)
        got[key] = list(getattr(value, kind).value)
    return [key for key in want.keys() | got.keys() if got.get(key) != want.get(key)]


def check_shards(shards, annotations, image_folder, examples_of):
    """Compares every example of the shards; `examples_of` reads one shard. Returns how many there are."""
    images, objects, names = load(annotations)
    seen = 0
    for number, shard in enumerate(shards):
        for position, example in enumerate(examples_of(shard)):
            image = images[position * len(shards) + number]
            keys = differing(example, expected(image, objects[image["id"]], names, image_folder))
            assert not keys, (shard, position, keys)
            seen += 1
    assert seen == len(images), (seen, len(images))
    return seen
