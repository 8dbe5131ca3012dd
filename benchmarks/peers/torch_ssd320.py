"""SSD320 (ResNet-50 FPN, shared heads) in plain PyTorch, with its losses: for peer.py and
torch_gpu.py.
"""
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

CLASSES, ANCHORS, LEVELS = 91, 6, 5


def relu6(x):
    return F.relu6(x, inplace=True)


class Relu6(nn.Module):
    def forward(self, x):
        return relu6(x)


class ConvNorm(nn.Sequential):
    def __init__(self, inputs, outputs, kernel=1, stride=1, padding=0, activation=True,
                 eps=1.001e-5):
        layers = [nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False),
                  nn.BatchNorm2d(outputs, eps=eps, momentum=0.003)]
        super().__init__(*layers, *([Relu6()] if activation else []))

    def folded(self):
        return nn.Sequential(fuse_conv_bn_eval(self[0], self[1]), *list(self)[2:])


class Bottleneck(nn.Module):
    def __init__(self, inputs, depth):
        super().__init__()
        self.shortcut = None
        if inputs != 4 * depth:
            self.shortcut = ConvNorm(inputs, 4 * depth, activation=False)
        self.body = nn.Sequential(ConvNorm(inputs, depth), ConvNorm(depth, depth, 3, 1, 1),
                                  ConvNorm(depth, 4 * depth, activation=False))

    def forward(self, x):
        shortcut = x if self.shortcut is None else self.shortcut(x)
        return F.relu_(self.body(x).add_(shortcut))


class Tower(nn.Module):
    """Four convolutions shared by the levels, with batch norms of each level, and a predictor."""

    def __init__(self, outputs, bias):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(256, 256, 3, 1, 1, bias=False) for _ in range(4))
        self.norms = nn.ModuleList(nn.ModuleList(nn.BatchNorm2d(256, eps=1e-3, momentum=0.003)
                                                 for _ in range(4)) for _ in range(LEVELS))
        self.predictor = nn.Conv2d(256, outputs, 3, 1, 1)
        for conv in [*self.convs, self.predictor]:
            nn.init.normal_(conv.weight, 0, 0.01)
        nn.init.constant_(self.predictor.bias, bias)
        self.folded = None

    def fold(self):
        self.folded = nn.ModuleList(
            nn.ModuleList(fuse_conv_bn_eval(c, n) for c, n in zip(self.convs, norms))
            for norms in self.norms)

    def forward(self, level, x):
        for i in range(4):
            if self.folded is not None:
                x = relu6(self.folded[level][i](x))
            else:
                x = relu6(self.norms[level][i](self.convs[i](x)))
        return self.predictor(x)


class Ssd320(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = ConvNorm(3, 64, 7, 2, 3)
        blocks, inputs = [], 64
        for depth, units in ((64, 3), (128, 4), (256, 6), (512, 3)):
            blocks.append(nn.Sequential(*[Bottleneck(inputs if u == 0 else 4 * depth, depth)
                                          for u in range(units)]))
            inputs = 4 * depth
        self.blocks = nn.ModuleList(blocks)
        self.project = nn.ModuleList(nn.Conv2d(c, 256, 1) for c in (512, 1024, 2048))
        self.smooth = nn.ModuleList(ConvNorm(256, 256, 3, 1, 1, eps=1e-3) for _ in range(2))
        self.down5 = ConvNorm(256, 256, 3, 2, 0, eps=1e-3)
        self.down6 = ConvNorm(256, 256, 3, 2, 1, eps=1e-3)
        self.boxes = Tower(ANCHORS * 4, 0.0)
        self.classes = Tower(ANCHORS * CLASSES, -4.6)

    def features(self, x):
        x = F.max_pool2d(F.pad(self.stem(x), (0, 1, 0, 1)), 3, 2)  # after ReLU6 zeros never win
        x = self.blocks[0](x)
        c3 = self.blocks[1](x[:, :, ::2, ::2].contiguous(memory_format=torch.channels_last))
        c4 = self.blocks[2](c3[:, :, ::2, ::2].contiguous(memory_format=torch.channels_last))
        c5 = self.blocks[3](c4[:, :, ::2, ::2].contiguous(memory_format=torch.channels_last))
        t5 = self.project[2](c5)
        t4 = self.project[1](c4) + F.interpolate(t5, scale_factor=2.0)
        t3 = self.project[0](c3) + F.interpolate(t4, scale_factor=2.0)
        p6 = self.down5(F.pad(t5, (0, 1, 0, 1)))
        return [self.smooth[0](t3), self.smooth[1](t4), t5, p6, self.down6(p6)]

    def forward(self, x):
        maps = self.features(x)
        rows = lambda y, width: y.permute(0, 2, 3, 1).reshape(y.shape[0], -1, width)
        boxes = torch.cat([rows(self.boxes(i, m), 4) for i, m in enumerate(maps)], 1)
        classes = torch.cat([rows(self.classes(i, m), CLASSES) for i, m in enumerate(maps)], 1)
        return boxes, classes


def fold(module):
    for name, child in module.named_children():
        if isinstance(child, ConvNorm):
            setattr(module, name, child.folded())
        else:
            fold(child)
            if isinstance(child, Tower):
                child.fold()


def focal_loss(logits, targets, alpha=0.25, gamma=2.0):
    logits = logits.float()
    p = torch.sigmoid(logits)
    entropy = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    miss = p + targets - 2 * p * targets  # 1 - p of the true class
    weight = targets * alpha + (1 - targets) * (1 - alpha)
    return (weight * miss * miss * entropy).sum()


class Losses(nn.Module):
    """The training loss on fixed targets: focal loss, and smooth L1 of the matched anchors."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, images, target_boxes, target_classes, matched):
        boxes, classes = self.model(images)
        smooth = F.smooth_l1_loss(boxes.float(), target_boxes, reduction="none") * matched
        count = matched.sum().clamp(min=1)
        return (focal_loss(classes, target_classes) + smooth.sum() / 4) / count


def random_images(batch):
    images = torch.rand(batch, 3, 320, 320) * 240 - 120
    return images.contiguous(memory_format=torch.channels_last)


def random_targets(batch, anchors=12804):
    matched = (torch.rand(batch, anchors, 1) < 0.005).float()
    classes = torch.zeros(batch, anchors, CLASSES)
    classes.scatter_(2, torch.randint(1, CLASSES, (batch, anchors, 1)), matched)
    return torch.randn(batch, anchors, 4), classes, matched
