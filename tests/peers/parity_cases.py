"""The detectors and training jobs that are compared."""

SSD320 = dict(
    height=320, width=320, classes=90, backbone_width=64, units=[3, 4, 6, 3], stride_in_3x3=False,
    fpn_channels=256, head_channels=256, head_depth=4, max_level=7, anchor_scale=4.0,
    scales_per_octave=2, aspect_ratios=[1.0, 2.0, 0.5], frozen_batch_norm=False,
    batch_norm_decay=0.997, backbone_epsilon=1.001e-5, epsilon=1e-3)
SMALL = dict(SSD320, height=96, width=96, classes=3, backbone_width=8, units=[1, 1, 2, 1],
             fpn_channels=16, head_channels=16, head_depth=2)
LOSS = dict(alpha=0.25, gamma=2.0, delta=1.0, classification_weight=1.0, localization_weight=1.0)
OPTIMIZER = dict(base_rate=0.02, warmup_rate=0.0086664, warmup_steps=2, total_steps=10, momentum=0.9,
                 weight_decay=0.0004, clip_norm=0.0, loss_scale=1.0)


def case(images=2, detector=None, loss=None, optimizer=None, freeze=(), steps=3, clear=False, kinks=False):
    """`clear`: drawn as parity_clear_draw.py says. `kinks`: too large a problem to be clear of kinks by
    luck, so that gradients of float32, after the first step or gathered in momentum, only inform."""
    return dict(images=images, steps=steps, freeze=list(freeze), clear=clear, kinks=kinks,
                detector=dict(SMALL, **(detector or {})), loss=dict(LOSS, **(loss or {})),
                optimizer=dict(OPTIMIZER, **(optimizer or {})))


SMALL_STEPS = dict(base_rate=2e-6, warmup_rate=1e-6)  # values stay on their side of the kinks

CASES = {
    "small": case(images=4, detector=dict(height=128, width=128)),
    "rectangle": case(detector=dict(height=64, width=160, max_level=6)),
    "v1.5": case(detector=dict(stride_in_3x3=True, max_level=5, units=[2, 1, 1, 2])),
    "frozen_bn": case(detector=dict(frozen_batch_norm=True)),
    "frozen_stem": case(freeze=["backbone/conv1", "backbone/block1"], optimizer=dict(loss_scale=1024.0)),
    "anchors": case(detector=dict(anchor_scale=3.0, scales_per_octave=3, aspect_ratios=[0.7, 1.5], max_level=6)),
    "options": case(detector=dict(max_level=6), loss=dict(alpha=0.4, gamma=1.5, delta=0.3, classification_weight=2.0,
                              localization_weight=0.5), optimizer=dict(clip_norm=0.5)),
    "small_clear": case(images=4, detector=dict(height=192, width=192), optimizer=SMALL_STEPS, clear=True),
    "ssd320": case(detector=SSD320, kinks=True),
    "ssd320_clear": case(detector=SSD320, optimizer=SMALL_STEPS, clear=True),
}
GOLDEN = case(detector=dict(height=64, width=64, backbone_width=4, units=[1, 1, 1, 1], fpn_channels=4,
                            head_channels=4, head_depth=1, max_level=5))
