"""Checks that files which PyTorch itself saves give their exact values (needs `torch`, not part of the tests).

  torch_files.py --programs build/cpu/bin     a ResNet-50 as torchvision names it, in both forms of torch.save, alone and
                                              in a dictionary with the state of a training

As tensorflow_checkpoints.py does, with whose steps the files are loaded and compared.
"""
import argparse
import os
import tempfile

import numpy as np
import torch

from loaded_weights import backbone, compare

NORM = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}


def torchvision_name(ours):
    parts = ours.split("/")[1:]
    kernel, kind = parts[-1] == "kernel", NORM.get(parts[-1], "weight")
    if len(parts) == 2:
        return ("conv1." if kernel else "bn1.") + kind
    block, unit, layer = int(parts[0][5:]), int(parts[1][5:]) - 1, parts[2]
    if layer == "shortcut":
        return f"layer{block}.{unit}.downsample.{0 if kernel else 1}.{kind}"
    return f"layer{block}.{unit}.{'conv' if kernel else 'bn'}{layer[4:]}.{kind}"


def weights(dtype):
    """A state dict, and its values by our names and in our order of axes."""
    random, state, expected = np.random.default_rng(11), torch.nn.Module().state_dict(), {}
    for _, ours, shape in backbone():
        value = torch.from_numpy(random.normal(1, 0.05, shape).astype(np.float32))
        if value.ndim == 4:  # height, width, in, out
            value = value.permute(3, 2, 0, 1).contiguous()
        state[torchvision_name(ours)] = value = value.to(dtype)
        expected[ours] = (value.permute(0, 2, 3, 1) if value.ndim == 4 else value).float().numpy()
    state["bn1.num_batches_tracked"] = torch.tensor(7)
    return state, expected


def channels_last(state):
    return {name: value.to(memory_format=torch.channels_last) if value.ndim == 4 else value
            for name, value in state.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True)
    programs = parser.parse_args().programs
    state, expected = weights(torch.float32)
    half, rounded = weights(torch.float16)
    parameter = torch.nn.Parameter(torch.ones(3))
    optimizer = torch.optim.SGD([parameter], lr=0.1, momentum=0.9)
    parameter.sum().backward()
    optimizer.step()
    training = {"state_dict": {f"module.{name}": value for name, value in state.items()}, "epoch": 3, "best": 0.5,
                "optimizer": optimizer.state_dict(), "name": "resnet50"}
    cases = {"zip": (state, expected, True), "chained": (state, expected, False),
             "training": (training, expected, True), "chained_training": (training, expected, False),
             "half": (half, rounded, True), "channels_last": (channels_last(state), expected, True)}
    with tempfile.TemporaryDirectory() as folder:
        for what, (saved, values, as_zip) in cases.items():
            path = os.path.join(folder, what + ".pth")
            torch.save(saved, path, _use_new_zipfile_serialization=as_zip)
            compare(programs, folder, path, values)
            print(f"PyTorch {torch.__version__}: {what}: {len(values)} tensors are equal in every bit")


if __name__ == "__main__":
    main()
