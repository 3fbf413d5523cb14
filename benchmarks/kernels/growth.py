"""What a pixel costs as images grow, and what a channel costs as features widen.

Sides up to 2,048 pixels; 4,096 only by name.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

import graphvision as gv
from benchmarks._case import Case, Provider, Setting
from benchmarks.kernels._inputs import grid_edges, irregular_taps, normal, photograph
from graphvision.graphs.topology import edge_topology
from graphvision.kernels.gather import gather_reduce

SIDES = (28, 64, 128, 256, 512, 1024, 2048, 4096)
LARGEST = 2048
CHANNELS = (8, 16, 32, 64, 128, 256)
WIDTH, SIDE = 32, 256
PER_NODE = 200  # pixels of a superpixel


def cases() -> Iterator[Case]:
    """Four ops by side, two by channels."""
    for op in SERIES:
        for side in SIDES:
            yield _case(op, side, WIDTH, "pixels", side * side)
    for op in ("gather_reduce", "taps"):
        for channels in CHANNELS:
            yield _case(op, SIDE, channels, "channels", channels)


def _case(op: str, side: int, channels: int, axis: str, value: int) -> Case:
    name = f"{side}²" if axis == "pixels" else f"C={channels}"
    return Case(
        "growth",
        f"{op}, {name}",
        partial(_make, op, side, channels),
        unit="pixel",
        at={"series": op, axis: value},
        rounds=5,
        by_name_only=side > LARGEST,
    )


def _make(op: str, side: int, channels: int, setting: Setting) -> list[Provider]:
    call = SERIES[op](side, channels, setting)
    return [Provider("graphvision", call, "ours", side * side, result=None)]


def _gather(side: int, channels: int, setting: Setting) -> Callable[[], Tensor]:
    x = normal(side * side, channels).to(setting.device)
    edges = grid_edges.__wrapped__(1, side).to(setting.device)
    csr = edge_topology(edges, side * side).edges.csr
    return lambda: gather_reduce(x, csr)


def _taps(side: int, channels: int, setting: Setting) -> Callable[[], Tensor]:
    x = normal(side * side, channels).to(setting.device)
    weight = normal(channels, channels, 3, 3, seed=2).to(setting.device)
    layer = gv.nn.MessagePassing(gv.nn.psi.Taps(weight), "sum")
    topology = irregular_taps.__wrapped__(side, 1, setting.device)

    def call() -> Tensor:
        with torch.no_grad():
            out: Tensor = layer(x, topology)
            return out

    return call


def _slic(side: int, channels: int, setting: Setting) -> Callable[[], Tensor]:
    image = photograph(side).to(setting.device)
    return lambda: gv.slic(image, max(1, side * side // PER_NODE))


def _graph(side: int, channels: int, setting: Setting) -> Callable[[], Any]:
    image, count = photograph(side).to(setting.device), max(1, side * side // PER_NODE)
    return lambda: gv.superpixel_graph(image, count, node_features="all", edge_features="all")


SERIES: dict[str, Callable[[int, int, Setting], Callable[[], Any]]] = {
    "gather_reduce": _gather,
    "taps": _taps,
    "slic": _slic,
    "superpixel_graph": _graph,
}
