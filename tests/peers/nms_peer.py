"""Compares non-maximum suppression with torchvision's or, where that is absent, with an implementation in numpy.

  nms_peer.py --program build/tests/nms_parity [--sets 2000] [--seed 1]

Lists of indices have to be equal. Inverted boxes are drawn for numpy only: torchvision does not turn them.
"""
import argparse
import json
import subprocess
import sys

import numpy as np

try:
    import torch
    import torchvision
except ImportError:
    torchvision = None

THRESHOLDS = (0.2, 0.5, 0.6, 0.8)


def draw(random, inverted):
    count = int(1001 * random.random() ** 4)
    corner = random.random((count, 2))
    boxes = np.concatenate([corner, corner + random.random((count, 2)) / 2], axis=1).astype(np.float32)
    style = random.integers(6)
    if style == 1:
        boxes[::4, 2] = boxes[::4, 0]
    elif style == 2 and inverted:
        boxes[::4] = boxes[::4][:, [2, 1, 0, 3]]
    elif style == 3:
        boxes = np.repeat(boxes, 10, axis=0)[:count]
    elif style == 4:
        boxes *= np.float32(1e6)
    scores = random.random(count) if random.integers(2) else random.integers(1, 11, count) / 10
    return boxes, np.maximum(scores, 1e-3).astype(np.float32), np.float32(THRESHOLDS[random.integers(4)])


def by_torchvision(boxes, scores, threshold):
    corners = torch.from_numpy(boxes[:, [1, 0, 3, 2]].copy())
    return torchvision.ops.nms(corners, torch.from_numpy(scores), float(threshold)).tolist()


def by_numpy(boxes, scores, threshold):
    """Rows of an IoU matrix in float32, struck out from the best score downwards."""
    low, high = np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])
    areas = (high - low).prod(axis=1)
    alive, kept = np.ones(len(boxes), bool), []
    for i in np.argsort(-scores, kind="stable"):
        if not alive[i]:
            continue
        kept.append(int(i))
        sides = np.maximum(np.minimum(high, high[i]) - np.maximum(low, low[i]), np.float32(0))
        common = sides.prod(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            overlap = common / (areas[i] + areas - common)
        alive &= ~((overlap > threshold) & (areas > 0) & (areas[i] > 0))
    return kept


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--sets", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    sets = [draw(random, inverted=torchvision is None) for _ in range(options.sets)]
    request = json.dumps([{"boxes": b.tolist(), "scores": s.tolist(), "threshold": float(t)} for b, s, t in sets])
    reply = subprocess.run([options.program], input=request, capture_output=True, text=True, check=True)
    peer = by_torchvision if torchvision else by_numpy
    unequal = [i for i, (ours, one) in enumerate(zip(json.loads(reply.stdout), sets, strict=True))
               if ours != peer(*one)]
    name = f"torchvision {torchvision.__version__}" if torchvision else f"numpy {np.__version__}"
    print(f"{len(sets)} sets, {sum(len(b) for b, _, _ in sets)} boxes, {len(unequal)} unlike {name}"
          + (f": sets {unequal[:10]}" if unequal else ""))
    return 1 if unequal else 0


if __name__ == "__main__":
    sys.exit(main())
