"""Compares the feature maps of a torchvision ResNet-50 that ssdtrain has imported with PyTorch's own (needs `torch`,
`torchvision` and Pillow, not part of the tests).

  torch_features.py --build build/cpu [PICTURE...]    a file of torch.save, taken by `ssdtrain --init-from`; for a drawn
                                                      picture in two sizes, and for these pictures at 320 x 320
  torch_features.py --write-golden tests/golden/resnet50_features.json

The weights and the drawn picture come from formulas that tests/support/engine/plausible_resnet.cpp has, too, so that a
test can compare with the golden file where there is no PyTorch. Exit code 1 if a map differs by more than 1e-4 of its
largest value.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import zlib

import numpy as np
import torch
import torchvision
from PIL import Image

from loaded_weights import trained
from parity_tensor_file import read_tensors
from torch_parity import fingerprint

CONFIG = "configs/bccd_torchvision.json"
MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]  # of torchvision's weights, for pixels in 0..1
LIMIT = 1e-4
GOLDEN_SIZE = 96, 128  # height, width


def mixed(name, count):
    """A number for each element of what has this name."""
    x = np.uint32(zlib.crc32(name.encode())) + np.arange(count, dtype=np.uint32) * np.uint32(2654435761)
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


def bounds(name, shape):
    if len(shape) == 4:
        most = np.sqrt(6.0 / float(shape[1] * shape[2] * shape[3]))
        return -most, most
    if name.endswith("running_mean"):
        return -0.25, 0.25
    if name.endswith("running_var"):
        return 2.0, 6.0
    if name.endswith("bias"):
        return -0.25, 0.75
    return (0.125, 0.5) if "bn3." in name else (0.5, 2.5)


def values(name, shape):
    low, high = bounds(name, shape)
    part = (mixed(name, int(np.prod(shape))) >> np.uint32(8)).astype(np.float64) / 2**24
    return torch.from_numpy((low + (high - low) * part).astype(np.float32).reshape(shape))


def resnet50():
    model = torchvision.models.resnet50(weights=None)
    model.load_state_dict({name: tensor if tensor.dtype == torch.int64 else values(name, tuple(tensor.shape))
                           for name, tensor in model.state_dict().items()})
    return model.eval()


def drawn(height, width):
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    noise = mixed("picture", height * width * 3).reshape(height, width, 3) % 64
    return ((2 * x + y + 60 * c + noise.astype(np.int64)) % 256).astype(np.uint8)


def features(model, pixels, dtype):
    """C3, C4 and C5 as [1, height, width, channels]."""
    found = []
    hooks = [layer.register_forward_hook(lambda _, __, y: found.append(y.permute(0, 2, 3, 1).double().numpy()))
             for layer in (model.layer2, model.layer3, model.layer4)]
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None].to(dtype) / 255
    mean, deviation = (torch.tensor(v, dtype=dtype).reshape(1, 3, 1, 1) for v in (MEAN, DEVIATION))
    with torch.no_grad():
        model.to(dtype)((image - mean) / deviation)
    for hook in hooks:
        hook.remove()
    return found


def ours(build, folder, checkpoint, pixels):
    picture, out = os.path.join(folder, "picture.png"), os.path.join(folder, "features")
    Image.fromarray(pixels).save(picture)
    subprocess.run([f"{build}/tests/backbone_features", checkpoint, picture, out], check=True)
    maps = read_tensors(out)
    return [maps[name] for name in ("c3", "c4", "c5")]


def compare(what, found, single, exact):
    agrees = True
    for name, a, s, e in zip(("C3", "C4", "C5"), found, single, exact):
        assert a.shape == e.shape, (a.shape, e.shape)
        largest = np.abs(e).max()
        difference, rounding = (np.abs(v - e).max() / largest for v in (a, s))
        print(f"{what} {name} {list(e.shape)}: largest value {largest:.3g}, mean {e.mean():.3g}, ours differs by "
              f"{difference:.1e} of it, PyTorch's float32 by {rounding:.1e}")
        agrees = agrees and difference <= LIMIT
    return agrees


def compare_all(build, pictures):
    model, agrees = resnet50(), True
    cases = {f"drawn {h} x {w}": drawn(h, w) for h, w in (GOLDEN_SIZE, (320, 320))}
    for path in pictures:
        cases[os.path.basename(path)] = np.array(Image.open(path).convert("RGB").resize((320, 320), Image.BILINEAR))
    with tempfile.TemporaryDirectory() as folder:
        for size in dict.fromkeys(pixels.shape[:2] for pixels in cases.values()):
            weights = os.path.join(folder, f"resnet50_{size[0]}.pth")
            torch.save(resnet50().state_dict(), weights)
            checkpoint = trained(f"{build}/bin", folder, weights, CONFIG,
                                 [f"model.input_height={size[0]}", f"model.input_width={size[1]}"])
            for what, pixels in cases.items():
                if pixels.shape[:2] == size:
                    found = ours(build, folder, checkpoint, pixels)
                    single, exact = (features(model, pixels, dtype) for dtype in (torch.float32, torch.float64))
                    agrees = compare(what, found, single, exact) and agrees
    print(f"PyTorch {torch.__version__}, torchvision {torchvision.__version__}: {'agrees' if agrees else 'DIFFERS'}")
    return 0 if agrees else 1


def write_golden(path):
    height, width = GOLDEN_SIZE
    maps = features(resnet50(), drawn(height, width), torch.float64)
    golden = {"maker": "tests/peers/torch_features.py", "torch": torch.__version__,
              "torchvision": torchvision.__version__, "height": height, "width": width,
              "maps": [{"shape": list(m.shape), "largest": float(np.abs(m).max()),
                        "fingerprint": fingerprint(m).tolist()} for m in maps]}
    with open(path, "w") as file:
        json.dump(golden, file, indent=1)
        file.write("\n")
    print(f"{path}: {os.path.getsize(path)} bytes")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/cpu")
    parser.add_argument("--write-golden", metavar="FILE")
    parser.add_argument("pictures", nargs="*", metavar="PICTURE")
    options = parser.parse_args()
    if options.write_golden:
        return write_golden(options.write_golden)
    return compare_all(options.build, options.pictures)


if __name__ == "__main__":
    sys.exit(main())
