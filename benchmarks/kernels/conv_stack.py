"""The 3×3 convolutions of a ResNet-18, as torch's layers and as message passing."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import nn

import graphvision as gv
from benchmarks._agree import Close
from benchmarks._case import Case, Goal, Provider, Setting
from benchmarks.kernels._inputs import normal, steps, way

WIDTHS = (64, 128, 256, 512)
PER_STAGE = 4
BATCH = 8
PEER, LOWERED, EXPLICIT = "torch.nn.Conv2d", "gv.nn.Conv2d", "gv.nn.Conv2d, lower=False"


def cases() -> Iterator[Case]:
    """Two sizes of image."""
    for side in (32, 64):
        for backward in (False, True):
            yield Case(
                "conv_stack",
                f"ResNet-18's 3×3 stages, {BATCH}×64×{side}², {way(backward)}",
                partial(_make, side, backward),
                [Goal(0.5, PEER, ours=EXPLICIT), Goal(1 / 1.05, PEER)],
                Close(1e-3 if backward else 1e-4),
                rounds=5,
            )


def _make(side: int, backward: bool, setting: Setting) -> list[Provider]:
    torch.manual_seed(0)
    convs = list(_stages())
    image = normal(BATCH, WIDTHS[0], side, side).to(setting.device)
    image = image.contiguous(memory_format=torch.channels_last)
    for conv in convs:
        conv.to(setting.device, memory_format=torch.channels_last)
    makers: dict[str, tuple[str, Callable[[Any], nn.Module]]] = {
        LOWERED: ("ours", gv.nn.Conv2d.from_torch),
        EXPLICIT: ("ours", partial(gv.nn.Conv2d.from_torch, lower=False)),
        PEER: ("peer", lambda conv: conv),
    }
    wanted = [convs[0].weight, convs[-1].weight]
    return [
        Provider(name, steps(_chain(map(make, convs)), image, wanted, backward=backward), kind)
        for name, (kind, make) in makers.items()
    ]


def _stages() -> Iterator[nn.Conv2d]:
    before = WIDTHS[0]
    for stage, width in enumerate(WIDTHS):
        for place in range(PER_STAGE):
            stride = 2 if stage and not place else 1
            yield nn.Conv2d(before, width, 3, stride, 1, bias=False)
            before = width


def _chain(layers: Iterator[nn.Module]) -> nn.Sequential:
    return nn.Sequential(*(part for layer in layers for part in (layer, nn.ReLU())))
