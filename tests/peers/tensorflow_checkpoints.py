"""Checks that checkpoints which TensorFlow itself writes give their exact values (needs `tensorflow`, not part of the
tests).

  tensorflow_checkpoints.py --programs build/cpu/bin     SSD320 with the state of a training, and a ResNet-50 alone; each
                                                         in the forms V1 and V2

Variables of random values get the names and shapes of the original. ssdtrain starts from each file and takes one step
with a learning rate of 0 and frozen batch norm, which changes no weight. What it then saves is compared bit by bit.
"""
import argparse
import os
import tempfile

import numpy as np
import tensorflow.compat.v1 as tf

from loaded_weights import backbone, batch_norm, compare, convolution

LEVELS, DEPTH, COLUMNS = 5, 4, 91
HEADS = "WeightSharedConvolutionalBoxPredictor/"


def pyramid():
    for number in (1, 2, 3):
        scope, ours = f"resnet_v1_50/fpn/projection_{number}", f"fpn/projection_{number}"
        yield from convolution(scope, ours, 1, 256 << number, 256)
        yield from convolution(scope, ours, 1, 256 << number, 256, "bias")
    for name in ("smoothing_1", "smoothing_2", "bottom_up_block5", "bottom_up_block6"):
        yield from convolution("resnet_v1_50/fpn/" + name, "fpn/" + name, 3, 256, 256)
        yield from batch_norm(f"resnet_v1_50/fpn/{name}/BatchNorm", "fpn/" + name, 256)


def heads():
    for kind, channels in (("Box", 6 * 4), ("Class", 6 * COLUMNS)):
        ours = f"heads/{kind.lower()}_"
        for depth in range(DEPTH):
            scope, layer = f"{HEADS}{kind}PredictionTower/conv2d_{depth}", f"{ours}tower/conv_{depth}"
            yield from convolution(scope, layer, 3, 256, 256)
            for level in range(LEVELS):
                yield from batch_norm(f"{scope}/BatchNorm/feature_{level}", f"{layer}/level_{level + 3}", 256)
        for ending in ("kernel", "bias"):
            yield from convolution(f"{HEADS}{kind}Predictor", ours + "predictor", 3, 256, channels, ending)


def detector():
    for name, ours, shape in list(backbone()) + list(pyramid()):
        yield "FeatureExtractor/" + name, ours, shape
    yield from heads()


def save(path, tensors, form, with_state):
    """Lets TensorFlow write a checkpoint; gives the values by our names, in our order of axes."""
    random = np.random.default_rng(7)
    values = {}
    with tf.Graph().as_default(), tf.Session() as session:
        variables = []
        for name, ours, shape in tensors:
            value = random.normal(1, 0.05, shape).astype(np.float32)
            values[ours] = value.transpose(3, 0, 1, 2) if value.ndim == 4 else value
            names = [name, name + "/Momentum"] if with_state and "moving_" not in name else [name]
            variables += [tf.Variable(value, name=n, use_resource=False) for n in names]
        variables.append(tf.Variable(np.int64(12500), name="global_step", use_resource=False))
        session.run(tf.global_variables_initializer())
        tf.train.Saver(variables, write_version=form).save(session, path, write_meta_graph=False)
    return values


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True)
    programs = parser.parse_args().programs
    with tempfile.TemporaryDirectory() as folder:
        for what, tensors, with_state in (("detector", list(detector()), True), ("classifier", list(backbone()), False)):
            for form in (tf.train.SaverDef.V1, tf.train.SaverDef.V2):
                path = os.path.join(folder, f"{what}_v{form}.ckpt")
                expected = save(path, tensors, form, with_state)
                compare(programs, folder, path, expected)
                print(f"TensorFlow {tf.__version__}: {what}, V{form}: {len(expected)} tensors are equal in every bit")


if __name__ == "__main__":
    main()
