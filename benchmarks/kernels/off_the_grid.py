"""Convolutions on a partition with few nodes against the same convolutions on all pixels."""

from collections.abc import Iterator
from functools import partial

import torch
from torch import nn

import graphvision as gv
from benchmarks._case import Case, Goal, Provider, Setting
from benchmarks.kernels._inputs import normal

LAYERS, CHANNELS, SIDE, PER_NODE = 8, 64, 256, 64
PEER = "all pixels"


def cases() -> Iterator[Case]:
    """Superpixels and square cells."""
    for name in ("superpixels", "squares"):
        text = f"{LAYERS} layers, {CHANNELS} channels, {SIDE}², {name} of {PER_NODE} pixels"
        yield Case("off_the_grid", text, partial(_make, name), [Goal(8.0, PEER)], rounds=5)


def _make(name: str, setting: Setting) -> list[Provider]:
    torch.manual_seed(0)
    image = normal(1, CHANNELS, SIDE, SIDE).to(setting.device)
    layers = [
        part
        for _ in range(LAYERS)
        for part in (nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1), nn.ReLU())
    ]
    cnn = nn.Sequential(*layers).to(setting.device).eval()
    picture = normal(1, 3, SIDE, SIDE).sigmoid().to(setting.device)
    if name == "squares":
        graph = gv.patch_graph(picture, patch_size=round(PER_NODE**0.5))
    else:
        graph = gv.superpixel_graph(picture, n_segments=SIDE * SIDE // PER_NODE, exact=True)
    graph.x = gv.pool_pixels(image, graph)
    net = gv.graphify(cnn, image)
    grid = image.contiguous(memory_format=torch.channels_last)

    def on_partition() -> torch.Tensor:
        with torch.no_grad():
            return torch.as_tensor(net(graph).x)

    def on_pixels() -> torch.Tensor:
        with torch.no_grad():
            return torch.as_tensor(cnn(grid))

    return [
        Provider(f"{graph.num_nodes} nodes, cached topology", on_partition, "ours", result=None),
        Provider(PEER, on_pixels, "peer", result=None),
    ]
