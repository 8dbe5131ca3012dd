"""The detector, from the published description of SSD320 v1.2."""

import math
import zlib

import numpy as np
import torch
import torch.nn.functional as F

import parity_clear_draw

class Variables:
    """Created when first asked for, from a generator seeded by the name, or as another's start."""

    def __init__(self, freeze, storage, dtype, like=None):
        self.start, self.value, self.momentum = {}, {}, {}
        self.like = like.start if like else {}
        self.freeze, self.storage, self.dtype = tuple(freeze), storage, dtype

    def get(self, name, shape, draw, trained=True):
        if name not in self.value:
            start = self.like.get(name)
            if start is None:
                random = np.random.default_rng(zlib.crc32(name.encode()))
                start = draw(random, shape).astype(self.storage)
            self.start[name] = start
            value = torch.from_numpy(start.copy()).to(self.dtype)
            if trained and not (self.freeze and name.startswith(self.freeze)):
                value.requires_grad_(True)
                self.momentum[name] = torch.zeros_like(value)
            self.value[name] = value
        return self.value[name]


def normal(mean, deviation):
    return lambda random, shape: random.normal(mean, deviation, shape)


def uniform(low, high):
    return lambda random, shape: random.uniform(low, high, shape)


def offsets(random, shape):
    """A tenth of the channels near the upper kink, a quarter near the lower, the others between."""
    return random.choice([5.0, 0.2, 1.3], shape, p=[0.1, 0.25, 0.65]) + random.normal(0, 0.3, shape)


def same_padding(sides, kernel, stride):
    pad = []  # last axis first, as F.pad wants it
    for side in reversed(sides):
        total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
        pad += [total // 2, total - total // 2]
    return pad


class Network:
    """`distances`: the weights are drawn as parity_clear_draw.py says, and it watches the values."""

    def __init__(self, o, variables, distances=None):
        self.o, self.v, self.distances = o, variables, distances

    def relu(self, x, upper=None):
        if self.distances is not None:
            self.distances.activation(x, (0.0,) if upper is None else (0.0, upper))
        return F.relu(x) if upper is None else F.relu6(x)

    def relu6(self, x):
        return self.relu(x, 6.0)

    def conv(self, name, x, out, kernel, stride=1, fixed=False, gain=1.0, bias=None):
        fan_in = kernel * kernel * x.shape[1]
        draw = normal(0, gain * math.sqrt(2 / fan_in))
        if self.distances is not None and name == "backbone/conv1":
            draw = parity_clear_draw.stem_kernel
        w = self.v.get(name + "/kernel", (out, kernel, kernel, x.shape[1]), draw)
        if fixed:  # strided convolutions of the backbone pad alike in front, whatever the size
            pad = [(kernel - 1) // 2, kernel - 1 - (kernel - 1) // 2] * 2
        else:
            pad = same_padding(x.shape[2:], kernel, stride)
        b = None if bias is None else self.v.get(name + "/bias", (out,), normal(bias, 0.1))
        return F.conv2d(F.pad(x, pad), w.permute(0, 3, 1, 2), b, stride)

    def batch_norm(self, name, x, epsilon, after="relu6"):
        """Scales and offsets that leave most values between the kinks of ReLU6, and some beyond each.

        With offsets around 0 half of all values are cut off; 50 such layers amplify float32's
        rounding to per cents of the gradient, in every implementation. A residual branch adds little.
        `after`: "relu6", "pool" (ReLU6, then max pooling), "nothing", or the shortcut of a sum.
        """
        shape, branch = (x.shape[1],), torch.is_tensor(after)
        draw_gamma = uniform(0.1, 0.3) if branch else uniform(0.3, 0.7)
        draw_beta = normal(0, 0.1) if branch else offsets
        activated = branch or after != "nothing"
        if self.distances is not None and activated and name + "/gamma" not in self.v.value:
            draw_gamma, draw_beta = self.clear_draws(name, x.detach(), epsilon, after)
        gamma, beta = self.v.get(name + "/gamma", shape, draw_gamma), self.v.get(name + "/beta", shape, draw_beta)
        mean = self.v.get(name + "/moving_mean", shape, normal(0, 0.2), trained=False)
        variance = self.v.get(name + "/moving_variance", shape, uniform(0.5, 2), trained=False)
        return F.batch_norm(x, mean, variance, gamma, beta, not self.o["frozen_batch_norm"],
                            1 - self.o["batch_norm_decay"], epsilon)

    def clear_draws(self, name, x, epsilon, after):
        random = np.random.default_rng(zlib.crc32(name.encode()))
        x = F.batch_norm(x, None, None, training=True, eps=epsilon)
        if torch.is_tensor(after):
            gamma, beta = parity_clear_draw.before_sum(random, x, after.detach())
        elif after == "pool":
            gamma, beta = parity_clear_draw.pooled(x)
        else:
            gamma, beta = parity_clear_draw.activated(random, x)
        return lambda *_: gamma, lambda *_: beta

    def backbone_conv(self, name, x, out, kernel, stride=1, after="relu6"):
        name = "backbone/" + name
        x = self.conv(name, x, out, kernel, stride, fixed=stride > 1)
        return self.batch_norm(name, x, self.o["backbone_epsilon"], after)

    def unit(self, name, x, depth, first, stride):
        shortcut = x
        if first:
            shortcut = self.backbone_conv(name + "/shortcut", x, 4 * depth, 1, stride, "nothing")
        y = self.relu6(self.backbone_conv(name + "/conv1", x, depth, 1))
        y = self.relu6(self.backbone_conv(name + "/conv2", y, depth, 3, stride))
        return self.relu(shortcut + self.backbone_conv(name + "/conv3", y, 4 * depth, 1, 1, shortcut))

    def backbone(self, x):
        width, late = self.o["backbone_width"], self.o["stride_in_3x3"]
        x = self.relu6(self.backbone_conv("conv1", x, width, 7, 2, "pool"))
        if self.distances is not None:
            self.distances.pooling(x)
        x = F.max_pool2d(F.pad(x, same_padding(x.shape[2:], 3, 2), value=-math.inf), 3, 2)
        ends = []
        for block, count in enumerate(self.o["units"]):
            for k in range(count):
                first = k == 0
                x = self.unit(f"block{block + 1}/unit_{k + 1}", x, width << block, first,
                              2 if late and first and block > 0 else 1)
            ends.append(x)
            if not late and block < 3:
                x = x[:, :, ::2, ::2]
        return ends[1:]

    def normalised(self, name, bn_name, x, out, kernel, stride=1):
        return self.relu6(self.batch_norm(bn_name, self.conv(name, x, out, kernel, stride), self.o["epsilon"]))

    def pyramid(self, c3, c4, c5):
        n = self.o["fpn_channels"]
        smooth = lambda name, x, stride=1: self.normalised("fpn/" + name, "fpn/" + name, x, n, 3, stride)
        project = lambda name, x: self.conv("fpn/" + name, x, n, 1, bias=0.0)
        double = lambda x: F.interpolate(x, scale_factor=2, mode="nearest")
        t5 = project("projection_3", c5)
        t4 = double(t5) + project("projection_2", c4)
        t3 = double(t4) + project("projection_1", c3)
        levels = [smooth("smoothing_1", t3), smooth("smoothing_2", t4), t5]
        for level in range(6, self.o["max_level"] + 1):
            levels.append(smooth(f"bottom_up_block{level - 1}", levels[-1], 2))
        return levels

    def tower(self, kind, level, x, outputs, bias):
        for i in range(self.o["head_depth"]):
            name = f"heads/{kind}_tower/conv_{i}"
            x = self.normalised(name, f"{name}/level_{level}", x, self.o["head_channels"], 3)
        return self.conv(f"heads/{kind}_predictor", x, outputs, 3, gain=0.5, bias=bias)

    def forward(self, images):
        cell = self.o["scales_per_octave"] * len(self.o["aspect_ratios"])
        channels_last = lambda x: x.permute(0, 2, 3, 1)
        codes, logits = [], []
        for i, p in enumerate(self.pyramid(*self.backbone(images))):
            codes.append(channels_last(self.tower("box", i + 3, p, cell * 4, 0.0)))
            logits.append(channels_last(self.tower("class", i + 3, p, cell * (self.o["classes"] + 1), -4.6)))
        return codes, logits
