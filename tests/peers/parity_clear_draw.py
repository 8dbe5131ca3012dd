"""Weights and images that keep every value clear of the kinks of ReLU, ReLU6 and max pooling.

Where a value lies within rounding of a kink, float32 takes one slope or the other by chance, and a
batch norm over few values makes per cents of that: no implementation keeps a small limit. Here batch
norm's scales and offsets are drawn for the values that they meet: a part of each channel's values is
cut off, as in training, but the kinks lie in wide gaps between values. Distances tells how wide.
"""

import math

import numpy as np
import torch.nn.functional as F

LEAST_LEAD = 0.1  # of a pooled value over the next, before batch norm's scale


def pool_leads(x):
    """Of each channel and window [n, c, windows]: the largest value and its lead over the second."""
    n, c = x.shape[:2]
    windows = F.unfold(F.pad(x, (0, 1, 0, 1), value=-1e6), 3, stride=2).reshape(n, c, 9, -1)
    top = windows.topk(2, dim=2).values
    return top[:, :, 0], top[:, :, 0] - top[:, :, 1]


def by_channel(x):
    """[c, values] in rising order."""
    return x.transpose(0, 1).reshape(x.shape[1], -1).sort(1).values.numpy()


def gap(values, low, high):
    """The middle of the widest gap between neighbours of these quantiles; `values` rise."""
    first = int(low * (len(values) - 1))
    last = max(first + 1, int(high * (len(values) - 1)))
    best = first + np.diff(values[first:last + 1]).argmax()
    return (values[best] + values[best + 1]) / 2


def activated(random, x):
    """gamma and beta of a batch norm before ReLU6, for normalised values x [n, c, h, w]."""
    gammas, betas = [], []
    for values in by_channel(x):
        part = random.choice([0.02, 0.2], p=[0.7, 0.3])
        zero, gamma = gap(values, part, 2 * part + 0.05), random.uniform(0.3, 0.7)
        if random.random() < 0.1:  # cut off above, too
            gamma = 6 / (gap(values, 0.8, 0.95) - zero)
        else:
            gamma = min(gamma, 5 / (values[-1] - zero))
        gammas.append(gamma)
        betas.append(-gamma * zero)
    return np.array(gammas), np.array(betas)


def pooled(x):
    """The same before max pooling: channels with a window of no clear winner are cut off as a whole."""
    top, lead = pool_leads(x)
    gammas, betas = [], []
    for c, values in enumerate(by_channel(x)):
        zero, gamma = gap(values, 0.77, 0.82), 2 / np.abs(values).max()  # a dot is a quarter of the values
        clear = lead[:, c][top[:, c] > zero].min() > LEAST_LEAD
        gammas.append(gamma)
        betas.append(-gamma * zero if clear else -2.5)
    assert max(betas) > -2.5, "no channel is clear for max pooling"
    return np.array(gammas), np.array(betas)


def before_sum(random, x, shortcut):
    """gamma and beta of a batch norm whose result is added to `shortcut`, before ReLU."""
    gamma = random.uniform(0.1, 0.3, x.shape[1])
    sums = by_channel(shortcut + x * shortcut.new_tensor(gamma)[None, :, None, None])
    return gamma, np.array([-gap(values, part, 2 * part + 0.05) for values, part in
                            zip(sums, random.choice([0.02, 0.2], len(sums), p=[0.7, 0.3]))])


def stem_kernel(random, shape):
    """[out, 7, 7, in], strongest and positive in the middle: it answers to one dot of images()."""
    kernel = random.normal(0, 0.1, shape)
    middle = shape[1] // 2
    kernel[:, middle, middle] = random.uniform(0.2, 1, (shape[0], shape[3]))
    return kernel


def images(random, n, height, width):
    """Dots 4 pixels apart, of different strength: one in every pooling window of a stem of stride 2."""
    values = random.integers(-8, 9, (n, height, width, 3))
    values[:, 2::4, 2::4] += random.integers(40, 140, (n, height // 4, width // 4, 3))
    return values / 64


class Distances:
    """How near values come to a kink, in all steps, and which part of the way float32's errors go."""

    def __init__(self, exact=None):
        self.kink, self.lead, self.share = math.inf, math.inf, 0.0
        self.values, self.exact = [], exact.values if exact else None

    def activation(self, x, kinks):
        x = x.detach()
        if self.exact is None:
            self.values.append(x.clone())
            self.kink = min([self.kink] + [float((x - kink).abs().min()) for kink in kinks])
            return
        exact = self.exact[len(self.values)]
        self.values.append(None)
        for kink in kinks:
            self.share = max(self.share, float(((x - exact).abs() / (exact - kink).abs()).max()))

    def pooling(self, x):
        top, lead = pool_leads(x.detach())
        self.lead = min(self.lead, float(lead[(top > 0) & (top < 6)].min()))

    def in_words(self, single):
        return (f"nearest kink {self.kink:.1e}, smallest lead in a pooling window {self.lead:.1e}; "
                f"float32 goes {single.share:.1e} of the way to a kink")
