"""Anchors, matching and box codes: what each anchor should predict."""

import numpy as np
import torch


def feature_sides(side, level):
    for _ in range(level):
        side = -(-side // 2)
    return side


def make_anchors(o):
    """[anchors, 4] float32, computed in float32 in the order of the original's operations."""
    f = np.float32
    levels = []
    for level in range(3, o["max_level"] + 1):
        stride = 2 ** level
        base = f(o["anchor_scale"] * stride)
        scales = np.array([2 ** (i / o["scales_per_octave"]) for i in range(o["scales_per_octave"])], f)
        ratios = np.array(o["aspect_ratios"], f)
        root = np.sqrt(ratios)[:, None]
        heights, widths = (scales[None] / root * base).ravel(), (scales[None] * root * base).ravel()
        centre = []
        for side in (o["height"], o["width"]):
            offset = f(stride / 2 if side % stride == 0 else 0)
            centre.append(np.arange(feature_sides(side, level)).astype(f) * f(stride) + offset)
        y, x = np.meshgrid(*centre, indexing="ij")
        y, x = y[:, :, None], x[:, :, None]
        half_h, half_w = f(0.5) * heights, f(0.5) * widths
        box = np.stack([y - half_h, x - half_w, y + half_h, x + half_w], -1).astype(f)
        sides = np.array([o["height"], o["width"]] * 2, f)
        levels.append((box * (f(1) / sides)).reshape(-1, 4))
    return np.concatenate(levels)


def iou_matrix(boxes, anchors):
    area = lambda b: (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    low = np.maximum(boxes[:, None, :2], anchors[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], anchors[None, :, 2:])
    side = np.maximum(high - low, np.float32(0))
    common = side[..., 0] * side[..., 1]
    joint = area(boxes)[:, None] + area(anchors)[None] - common
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(common == 0, np.float32(0), common / joint)


def match(boxes, weights, anchors):
    """Row of each anchor's object, or -1."""
    if not (weights > 0).any():
        return np.full(len(anchors), -1)
    overlap = iou_matrix(boxes, anchors)
    row = overlap.argmax(0)
    row = np.where(overlap.max(0) >= np.float32(0.5), row, -1)
    for g in reversed(range(len(boxes))):  # the lowest row comes last and wins
        if weights[g] > 0:
            row[overlap[g].argmax()] = g
    return row


def encode(boxes, anchors):
    def centre_and_size(b):
        h, w = b[:, 2] - b[:, 0], b[:, 3] - b[:, 1]
        return b[:, 0] + h / 2, b[:, 1] + w / 2, h + 1e-8, w + 1e-8
    y, x, h, w = centre_and_size(boxes.astype(np.float64))
    ya, xa, ha, wa = centre_and_size(anchors.astype(np.float64))
    return np.stack([10 * (y - ya) / ha, 10 * (x - xa) / wa, 5 * np.log(h / ha), 5 * np.log(w / wa)], -1)


def targets_of(batch, anchors, columns):
    """Per batch: class targets [n, a, columns], class weights, codes [n, a, 4], code weights."""
    all_of = [[], [], [], []]
    for boxes, labels, weights in zip(batch["boxes"], batch["labels"].astype(int), batch["weights"]):
        row = match(boxes, weights, anchors)
        hit = row >= 0
        column = np.where(hit, labels[row], 0)
        one_hot = np.zeros((len(anchors), columns))
        positive = column > 0
        one_hot[np.nonzero(positive)[0], column[positive]] = 1
        code = np.zeros((len(anchors), 4))
        code[hit] = encode(boxes[row[hit]], anchors[hit])
        for part, value in zip(all_of, (one_hot, np.where(hit, weights[row], 1.0), code,
                                        np.where(hit, weights[row], 0.0))):
            part.append(value)
    return [torch.from_numpy(np.stack(part)) for part in all_of]
