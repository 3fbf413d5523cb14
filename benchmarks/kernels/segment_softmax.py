"""Softmax over the in-edges of every target."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch_geometric.utils as pyg
from torch import Tensor

from benchmarks._case import Case, Goal, Provider, Setting, installed
from benchmarks.kernels._inputs import (
    by_torch_scatter,
    copied,
    graph,
    normal,
    rebuilt,
    steps,
    way,
)
from graphvision.kernels.softmax import segment_softmax

HEADS = 4
PYG = "PyG softmax"


def cases() -> Iterator[Case]:
    """A grid of 8 neighbours and a batch of superpixel graphs."""
    for name in ("grid", "superpixels"):
        for backward in (False, True):
            goals = [Goal(5.0, PYG), Goal(5.0, PYG, "memory")] if backward else []
            made = partial(_make, name, backward)
            yield Case("segment_softmax", f"{name}, heads={HEADS}, {way(backward)}", made, goals)


def _make(name: str, backward: bool, setting: Setting) -> list[Provider]:
    edge_index, _, nodes = graph(name, setting)
    logits = normal(edge_index.shape[1], HEADS).to(setting.device)
    csr, target = rebuilt(edge_index, nodes).edges.csr, edge_index[1]
    ptr = csr.rowptr.long()

    def built(x: Tensor) -> Tensor:
        return segment_softmax(x, rebuilt(edge_index, nodes).edges.csr)

    runs = {
        "graphvision, cached topology": ("ours", lambda x: segment_softmax(x, csr)),
        "graphvision, built each call": ("ours", built),
        "reference": ("reference", lambda x: segment_softmax(x, csr, backend="reference")),
        PYG: ("peer", lambda x: pyg.softmax(x, target, num_nodes=nodes)),
        "PyG softmax, by ptr": ("peer", lambda x: pyg.softmax(x, ptr=ptr, num_nodes=nodes)),
    }
    providers = [
        Provider(text, steps(run, logits, (), backward=backward), kind)
        for text, (kind, run) in runs.items()
    ]
    ours = partial(segment_softmax, csr=csr)
    providers.append(by_torch_scatter(ours, logits, backward=backward))
    peer = "torch_scatter.scatter_softmax"

    def scattered(module: Any, x: Tensor) -> Tensor:
        out: Tensor = module.scatter_softmax(x, target, 0, dim_size=nodes)
        return out

    providers.append(
        installed(
            "torch_scatter",
            peer,
            lambda m: Provider(peer, steps(partial(scattered, m), logits, (), backward=backward)),
        )
    )
    return [*providers, copied(logits, times=2 if backward else 1)]
