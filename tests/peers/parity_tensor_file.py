"""Safetensors files: u64 header length, JSON header, tensors back to back."""

import json
import struct

import numpy as np

NUMPY_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}


def write_tensors(path, tensors, metadata):
    header, blobs, at = {"__metadata__": metadata}, [], 0
    for name, value in tensors.items():
        kind = {8: "F64", 4: "F32", 2: "F16"}[value.dtype.itemsize]
        blobs.append(np.ascontiguousarray(value, NUMPY_TYPES[kind]).tobytes())
        header[name] = dict(dtype=kind, shape=list(value.shape), data_offsets=[at, at + len(blobs[-1])])
        at += len(blobs[-1])
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for blob in blobs:
            file.write(blob)


def read_tensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        body = file.read()
    header.pop("__metadata__", None)

    def values(entry):
        raw = body[slice(*entry["data_offsets"])]
        if entry["dtype"] == "BF16":  # the upper half of a float32
            return (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
        return np.frombuffer(raw, NUMPY_TYPES[entry["dtype"]])

    return {name: values(e).reshape(e["shape"]).astype(np.float64) for name, e in header.items()}
