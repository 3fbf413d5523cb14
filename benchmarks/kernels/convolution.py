"""``gv.nn.Conv2d`` against torch's convolution of the same channels-last images.

The lowered layer runs the same convolution; what is measured of it is what planning and topology
cost on top. ``lower=False`` walks over explicit edges.
"""

from collections.abc import Iterator, Sequence
from functools import partial

import torch
import torch.nn.functional as F  # noqa: N812

import graphvision as gv
from benchmarks._agree import Close
from benchmarks._case import Case, Goal, Provider, Setting
from benchmarks.kernels._inputs import normal, steps, way

PEER = "F.conv2d"
SHAPES = (  # images, channels in, channels out, side, kernel, stride, groups
    (64, 6, 16, 56, 5, 1, 1),
    (8, 16, 16, 128, 3, 1, 1),
    (8, 32, 64, 64, 3, 1, 1),
    (8, 64, 64, 64, 3, 1, 1),
    (16, 64, 128, 56, 3, 2, 1),
    (8, 64, 64, 64, 1, 1, 1),
    (16, 64, 64, 64, 3, 1, 64),
    (8, 32, 32, 64, 7, 1, 4),
)


def cases() -> Iterator[Case]:
    """Every shape, forward alone and with its backward."""
    for shape in SHAPES:
        images, channels, out, side, kernel, stride, groups = shape
        text = f"{images}×{channels}×{side}² → {out}, {kernel}×{kernel}, stride {stride}"
        text += f", groups {groups}" if groups > 1 else ""
        for backward in (False, True):
            yield Case(
                "convolution",
                f"{text}, {way(backward)}",
                partial(_make, shape, backward),
                [Goal(1 / 1.05, PEER)],
                Close(1e-4 if backward else 1e-5),
            )


def _make(shape: Sequence[int], backward: bool, setting: Setting) -> list[Provider]:
    images, channels, out, side, kernel, stride, groups = shape
    torch.manual_seed(0)
    image = normal(images, channels, side, side).to(setting.device)
    image = image.contiguous(memory_format=torch.channels_last)
    torch_layer = torch.nn.Conv2d(channels, out, kernel, stride, kernel // 2, groups=groups)
    torch_layer = torch_layer.to(setting.device, memory_format=torch.channels_last)
    weight, bias = torch_layer.weight, torch_layer.bias
    layer = gv.nn.Conv2d.from_torch(torch_layer)
    explicit = gv.nn.Conv2d.from_torch(torch_layer, lower=False)
    runs = {
        "gv.nn.Conv2d": ("ours", layer),
        "gv.nn.Conv2d, lower=False": ("ours", explicit),
        PEER: ("peer", lambda x: F.conv2d(x, weight, bias, stride, kernel // 2, 1, groups)),
    }
    wanted = (weight, bias)
    return [
        Provider(name, steps(run, image, wanted, backward=backward), kind)
        for name, (kind, run) in runs.items()
    ]
