#!/usr/bin/env python3
"""Opens a checkpoint without any code of this project: by hand with numpy, and, where they are
installed, with the `safetensors` and `xxhash` packages, whose answers must be the same.

  read_checkpoint.py runs/x/1/last.safetensors            prints what is in it
  read_checkpoint.py runs/x/1/last.safetensors --torchvision OUT.npz
                          writes the backbone under torchvision's names and in its axis order
"""
import argparse
import json
import struct
import sys

import numpy

DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "u1"}
CHECKSUM = "ssd320.xxh3_128"


def read(path):
    """Metadata, and arrays by name; bfloat16 becomes float32."""
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        if entry["dtype"] == "BF16":
            values = numpy.frombuffer(data[begin:end], "<u2").astype("<u4") << 16
            values = values.view("<f4")
        else:
            values = numpy.frombuffer(data[begin:end], DTYPES[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"])
    return metadata, tensors, data


def compare_with_package(path, metadata, tensors):
    try:
        import safetensors
        import safetensors.numpy
    except ImportError:
        return "safetensors package: not installed"
    with safetensors.safe_open(path, "numpy") as file:
        assert file.metadata() == metadata
        assert set(file.keys()) == set(tensors)
        for name in file.keys():
            numpy.testing.assert_array_equal(file.get_tensor(name), tensors[name])
    return f"safetensors package {safetensors.__version__}: equal"


def compare_checksum(metadata, data):
    try:
        import xxhash
    except ImportError:
        return "checksum: xxhash is not installed"
    stored = metadata[CHECKSUM].encode()
    assert data.count(stored) == 1
    assert xxhash.xxh3_128_hexdigest(data.replace(stored, b"0" * len(stored))).encode() == stored
    return "checksum: equal"


def torchvision_name(name):
    """backbone/block1/unit_1/conv1/gamma -> layer1.0.bn1.weight"""
    endings = {"kernel": "weight", "gamma": "weight", "beta": "bias"}
    endings |= {"moving_mean": "running_mean", "moving_variance": "running_var"}
    *where, layer, what = name.split("/")[1:]
    norm = what != "kernel"
    if layer == "shortcut":
        layer = f"downsample.{int(norm)}"
    elif norm:
        layer = layer.replace("conv", "bn")
    prefix = ""
    if where:
        prefix = f"layer{where[0][len('block'):]}.{int(where[1][len('unit_'):]) - 1}."
    return f"{prefix}{layer}.{endings[what]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--torchvision", metavar="OUT.npz")
    arguments = parser.parse_args()
    metadata, tensors, data = read(arguments.file)
    parts = {}
    for name, values in tensors.items():
        assert numpy.isfinite(values).all(), name
        part = name.split("/")[0]
        count, scalars = parts.get(part, (0, 0))
        parts[part] = count + 1, scalars + values.size
    for part, (count, scalars) in sorted(parts.items()):
        print(f"{part}/: {count} tensors, {scalars} values")
    state, config = json.loads(metadata["state"]), json.loads(metadata["config"])
    classes = json.loads(metadata["classes"])
    print(f"format {metadata['format']}, step {state['step']}, run {config['name']!r}, "
          f"{classes['classes']} classes, kernels {metadata['kernel_layout']}")
    print(compare_with_package(arguments.file, metadata, tensors))
    print(compare_checksum(metadata, data))
    if arguments.torchvision:
        backbone = {}
        for name, values in tensors.items():
            if name.startswith("model/backbone/"):
                kernel = values.transpose(0, 3, 1, 2) if values.ndim == 4 else values
                backbone[torchvision_name(name[len("model/"):])] = kernel
        numpy.savez(arguments.torchvision, **backbone)
        print(f"{arguments.torchvision}: {len(backbone)} tensors")
    return 0


if __name__ == "__main__":
    sys.exit(main())
