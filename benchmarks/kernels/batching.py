"""One pass over a data set in batches, without training: the loader alone."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Any

import torch
from torch_geometric.loader import DataLoader

import graphvision as gv
from benchmarks._agree import Close
from benchmarks._case import Case, Goal, Provider, Setting
from benchmarks.kernels._inputs import graph_stores, unpacked

PEER = "PyG DataLoader"
NODES, BATCH = 75, 128
KEYS = ("x", "edge_index", "edge_attr", "pos", "area", "assign", "y", "batch", "ptr")


def cases() -> Iterator[Case]:
    """In order, and in a random order that is the same for all."""
    for shuffle in (False, True):
        yield Case(
            "batching",
            f"6,000 graphs of {NODES} nodes, {'shuffled' if shuffle else 'in order'}",
            partial(_make, shuffle),
            [Goal(10.0, PEER)],
            Close(0.0),
            unit="epoch",
        )


def _make(shuffle: bool, setting: Setting) -> list[Provider]:
    stores = graph_stores("fashion-mini", NODES)
    lists = [unpacked(store) for store in stores]
    packed = [gv.GraphLoader(graphs).dataset for graphs in lists]

    def provider(
        name: str, loader: Callable[..., Iterable[Any]], parts: list[Any], kind: str = "ours"
    ) -> Provider:
        def batches() -> Iterator[Any]:
            torch.manual_seed(0)
            return chain.from_iterable(loader(part, BATCH, shuffle) for part in parts)

        def call() -> None:  # no batch outlives the next, as in training
            deque(batches(), maxlen=1)

        return Provider(name, call, kind, result=lambda _: _tensors(batches()), memory=False)

    return [
        provider("graphvision loader, from the store", gv.GraphLoader, stores),
        provider("graphvision loader, packed once", gv.GraphLoader, packed),
        provider("graphvision loader, packed each epoch", gv.GraphLoader, lists),
        provider(PEER, DataLoader, lists, "peer"),
    ]


def _tensors(batches: Iterable[Any]) -> list[Any]:
    return [batch[key] for batch in batches for key in KEYS]
