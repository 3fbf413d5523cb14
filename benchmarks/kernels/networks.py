"""Whole networks of the zoo against the same networks as message passing, with equal weights."""

from collections.abc import Iterator
from functools import partial

import torch

import graphvision as gv
from benchmarks._agree import Close
from benchmarks._case import Case, Goal, Provider, Setting
from benchmarks.kernels._inputs import normal, steps, way

MODELS = ("resnet18", "vgg11", "unet")
BATCH, SIDE = 8, 64
PEER, LOWERED, EXPLICIT = "torch's layers", "graphify", "graphify, lower=False"


def cases() -> Iterator[Case]:
    """Three architectures, forward alone and with their backward."""
    for name in MODELS:
        for backward in (False, True):
            yield Case(
                "networks",
                f"{name}, {BATCH}×3×{SIDE}², {way(backward)}",
                partial(_make, name, backward),
                [
                    Goal(1 / 1.05, PEER),
                    Goal(1 / 1.05, PEER, what="memory"),
                    Goal(1 / 2.5, PEER, ours=EXPLICIT),
                ],
                # rounding takes a ReLU's kink or a maximum's tie to the other side here and there
                Close(1e-2, order=2) if backward else Close(1e-3),
                rounds=9,
            )


def _make(name: str, backward: bool, setting: Setting) -> list[Provider]:
    torch.manual_seed(0)
    image = normal(BATCH, 3, SIDE, SIDE).to(setting.device)
    cnn = gv.models.create(name, in_channels=3, num_classes=10, image_size=(SIDE, SIDE))
    cnn = cnn.to(setting.device).eval()  # dropout off: all see the same numbers
    runs = {
        LOWERED: ("ours", gv.graphify(cnn, image)),
        EXPLICIT: ("ours", gv.graphify(cnn, image, lower=False)),
        PEER: ("peer", cnn),
    }
    return [
        Provider(label, steps(net, image, list(net.parameters())[:2], backward=backward), kind)
        for label, (kind, net) in runs.items()
    ]
