"""Batches, losses and updates: whole training steps."""

import math

import numpy as np
import torch
import torch.nn.functional as F

import parity_clear_draw
from parity_network import Network, Variables
from parity_targets import make_anchors, targets_of


def losses_of(codes, logits, targets, spec, variables):
    o = spec["loss"]
    classes, class_weights, boxes, box_weights = targets
    flat = lambda parts, k: torch.cat([p.reshape(p.shape[0], -1, k) for p in parts], 1)
    x, e = flat(logits, classes.shape[-1]), (flat(codes, 4) - boxes).abs()
    p = torch.sigmoid(x)
    p_true = classes * p + (1 - classes) * (1 - p)
    alpha = classes * o["alpha"] + (1 - classes) * (1 - o["alpha"])
    entropy = F.binary_cross_entropy_with_logits(x, classes, reduction="none")
    focal = (alpha * (1 - p_true) ** o["gamma"] * entropy).sum(-1) * class_weights
    d = o["delta"]
    huber = torch.where(e <= d, 0.5 * e * e, d * (e - 0.5 * d)).sum(-1) * box_weights
    count = max(float(box_weights.sum()), 1.0)
    squares = sum((v.detach() ** 2).sum() for n, v in variables.value.items()
                  if n.endswith("/kernel") and n in variables.momentum)
    return (o["localization_weight"] * huber.sum() / (4 * count),
            o["classification_weight"] * focal.sum() / count,
            spec["optimizer"]["weight_decay"] / 2 * squares)


def rate_at(step, o):
    warm, total = o["warmup_steps"], o["total_steps"]
    if step < warm:
        return o["warmup_rate"] + step * (o["base_rate"] - o["warmup_rate"]) / warm
    return 0.5 * o["base_rate"] * (1 + math.cos(math.pi * (step - warm) / (total - warm)))


def update(variables, step, o):
    with torch.no_grad():
        whole = {}
        for name in variables.momentum:
            value = variables.value[name]
            decay = o["weight_decay"] if name.endswith("/kernel") else 0.0
            whole[name] = value.grad + decay * value
        norm = math.sqrt(sum(float((g * g).sum()) for g in whole.values()))
        factor = o["clip_norm"] / max(o["clip_norm"], norm) if o["clip_norm"] > 0 else 1.0
        for name, g in whole.items():
            variables.momentum[name].mul_(o["momentum"]).add_(g * factor)
            variables.value[name] -= rate_at(step, o) * variables.momentum[name]
            variables.value[name].grad = None


def draw_batch(spec, seed, rows=9):
    """Images around +-2 and boxes with every oddity that training meets."""
    random = np.random.default_rng(seed)
    o, n = spec["detector"], spec["images"]
    noise = random.integers(-8, 8, (n, o["height"], o["width"], 3))
    coarse = random.integers(-100, 110, (n, o["height"] // 8, o["width"] // 8, 3))
    images = (coarse.repeat(8, 1).repeat(8, 2) + noise) / 64
    if spec["clear"]:
        images = parity_clear_draw.images(random, n, o["height"], o["width"])
    boxes = np.zeros((n, rows, 4), np.float32)
    weights = np.zeros((n, rows), np.float32)
    labels = np.zeros((n, rows), np.float32)
    for i in range(n):
        corner, side = random.uniform(0, 0.6, (rows, 2)), random.uniform(0.1, 0.9, (rows, 2))
        boxes[i] = np.concatenate([corner, np.minimum(corner + side, 1)], 1)
        labels[i] = random.integers(1, o["classes"] + 1, rows)
        weights[i] = 1
        boxes[i, 1] = boxes[i, 0]                   # the same box twice: a contested anchor
        boxes[i, 2] = boxes[i, 0] + [0, 0, 0.02, 0]  # a crowd: nearly the same
        boxes[i, 3] = [0.25, 0.25, 0.5, 0.5]         # aligned with the grid: equal overlaps
        boxes[i, 4, 2:] = boxes[i, 4, :2]            # no area: takes anchor 0
        weights[i, 5] = 0.5
        weights[i, 6] = 0                            # weightless, yet a box
        labels[i, 0] = 0                             # of no known class
        boxes[i, 7:], labels[i, 7:], weights[i, 7:] = 0, 0, 0  # padding
    if n > 2:
        weights[n - 1] = 0                           # an image without objects
    return dict(images=images.astype(np.float32), boxes=boxes, labels=labels, weights=weights)


def training(spec, batch, storage, dtype=torch.float64, like=None):
    """What PyTorch computes, under model_parity's names; the variables; the distances if clear.

    `like`: variables and distances of the float64 run, to start from and to compare with.
    """
    variables = Variables(spec["freeze"], storage, dtype, like[0] if like else None)
    distances = parity_clear_draw.Distances(like[1] if like else None) if spec["clear"] else None
    network = Network(spec["detector"], variables, distances)
    anchors = make_anchors(spec["detector"])
    targets = [t.to(dtype) for t in targets_of(batch, anchors, spec["detector"]["classes"] + 1)]
    images = torch.from_numpy(batch["images"]).to(dtype).permute(0, 3, 1, 2)
    out, losses = {"anchors": anchors.astype(np.float64)}, []
    for step in range(spec["steps"]):
        codes, logits = network.forward(images)
        if step == 0:
            for i, (c, l) in enumerate(zip(codes, logits)):
                out[f"codes/{i}"], out[f"logits/{i}"] = c.detach().numpy(), l.detach().numpy()
        parts = losses_of(codes, logits, targets, spec, variables)
        (parts[0] + parts[1]).backward()
        del codes, logits
        losses.append([float(p) for p in parts] + [float(sum(parts))])
        if step == 0:
            for name in variables.momentum:
                scale = spec["optimizer"]["loss_scale"]
                out["gradient/" + name] = scale * variables.value[name].grad.numpy()
        update(variables, step, spec["optimizer"])
    out["losses"] = np.array(losses)
    for name, value in variables.value.items():
        statistic = "moving_" in name
        out[("statistic/" if statistic else "parameter/") + name] = value.detach().numpy()
    for name, value in variables.momentum.items():
        out["momentum/" + name] = value.numpy()
    return out, variables, distances
