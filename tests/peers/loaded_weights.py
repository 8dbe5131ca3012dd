"""What the checks of other programs' weights share: the layers of SSD320's backbone, and a step of ssdtrain that
changes no weight, so that what it saves is what it has loaded."""
import json
import os
import subprocess

import numpy as np

from read_checkpoint import read

UNITS = (3, 4, 6, 3)


def convolution(scope, ours, size, inputs, outputs, ending="kernel"):
    bias = ending == "bias"
    yield (scope + ("/biases" if bias else "/weights"), ours + "/" + ending,
           [outputs] if bias else [size, size, inputs, outputs])


def batch_norm(scope, ours, channels):
    for what in ("gamma", "beta", "moving_mean", "moving_variance"):
        yield scope + "/" + what, ours + "/" + what, [channels]


def backbone():
    def layer(theirs, ours, size, inputs, outputs):
        yield from convolution("resnet_v1_50/" + theirs, "backbone/" + ours, size, inputs, outputs)
        yield from batch_norm(f"resnet_v1_50/{theirs}/BatchNorm", "backbone/" + ours, outputs)
    yield from layer("conv1", "conv1", 7, 3, 64)
    inputs = 64
    for block, units in enumerate(UNITS, 1):
        depth = 32 << block
        for unit in range(1, units + 1):
            theirs, ours = f"block{block}/unit_{unit}/bottleneck_v1/", f"block{block}/unit_{unit}/"
            if unit == 1:
                yield from layer(theirs + "shortcut", ours + "shortcut", 1, inputs, 4 * depth)
            for name, size, i, o in (("conv1", 1, inputs, depth), ("conv2", 3, depth, depth),
                                     ("conv3", 1, depth, 4 * depth)):
                yield from layer(theirs + name, ours + name, size, i, o)
            inputs = 4 * depth


def trained(programs, folder, weights, config="configs/ssd320_base.json", more=()):
    """The checkpoint of a run that starts from `weights` and leaves them as they are."""
    run = os.path.join(folder, "run_" + os.path.basename(weights))
    shapes = os.path.join(folder, "shapes")
    if not os.path.exists(shapes):
        subprocess.run([f"{programs}/ssddata", "synth", shapes, "--train", "2", "--val", "1"], check=True,
                       stdout=subprocess.DEVNULL)
    split = f"{shapes}/annotations/instances_train.json"
    with open(split) as file:
        assert all(c["id"] <= 90 for c in json.load(file)["categories"])
    done = subprocess.run(
        [f"{programs}/ssdtrain", "--config", config, "--init-from", weights, "--output-dir", run, "--device", "cpu",
         "train.epochs=null", "train.steps=1", "train.batch_size=1", "train.schedule.base_rate=0",
         "train.schedule.warmup_rate=0", "model.batch_norm.mode=frozen", f"data.train.annotations={split}",
         f"data.train.images={shapes}/images", "data.val.annotations=", "data.val.images=", "eval.every_epochs=0",
         "log.report=false", *more],
        check=True, capture_output=True, text=True)
    print(next(line for line in (done.stdout + done.stderr).splitlines() if "initial values" in line))
    return os.path.join(run, "last.safetensors")


def compare(programs, folder, path, expected):
    saved = read(trained(programs, folder, path))[1]
    different = [name for name, value in expected.items()
                 if saved["model/" + name].tobytes() != np.ascontiguousarray(value).tobytes()]
    assert not different, different
