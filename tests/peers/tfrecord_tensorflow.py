"""Checks TFRecord shards against TensorFlow, in both directions (needs `tensorflow`, not part of the tests).

  tfrecord_tensorflow.py check PREFIX ANNOTATIONS IMAGES   shards of `ssddata convert --to-records PREFIX`
  tfrecord_tensorflow.py write PATH ANNOTATIONS IMAGES     one shard as the original writes it, for
                                                           `ssddata convert --records PATH --to-coco ...`
"""
import glob
import sys

import tensorflow as tf

from tfrecord_features import check_shards, expected, kind_of, load


def feature(key, values):
    kind = kind_of(key)
    make = {"float_list": tf.train.FloatList, "int64_list": tf.train.Int64List, "bytes_list": tf.train.BytesList}[kind]
    return tf.train.Feature(**{kind: make(value=values)})


def examples_of(shard):
    return (tf.train.Example.FromString(record.numpy()) for record in tf.data.TFRecordDataset(shard))


def check(prefix, annotations, image_folder):
    shards = sorted(glob.glob(glob.escape(prefix) + ".record-*"))
    seen = check_shards(shards, annotations, image_folder, examples_of)
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
