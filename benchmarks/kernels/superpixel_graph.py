"""From images to superpixel graphs with features."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from skimage.graph import rag_mean_color
from skimage.segmentation import slic as skimage_slic

import graphvision as gv
from benchmarks._agree import Agreement
from benchmarks._case import Case, Goal, Provider, Setting
from benchmarks.kernels._inputs import astronaut, fashion, photograph

SMALL, BATCH, PEERS = 75, 1000, 16
BY_BINCOUNT = "scikit-image slic + rag + bincount"
BY_RAG = "scikit-image slic + rag_mean_color"
OURS = "graphvision"


def cases() -> Iterator[Case]:
    """A batch of small grey images, and one photograph."""
    yield Case(
        "superpixel_graph",
        f"28×28 Fashion-MNIST, batch of {BATCH}, all features",
        _small,
        [Goal(40.0, BY_BINCOUNT, threads=1), Goal(80.0, BY_BINCOUNT, threads=2)],
        same_edges,
        unit="image",
    )
    for n in (500, 1300):
        yield Case(
            "superpixel_graph",
            f"512×512 RGB, {n} superpixels, mean colours",
            partial(_large, n),
            [Goal(50.0, BY_RAG)],
            same_edges,
            unit="image",
            rounds=5,
        )


def _small(setting: Setting) -> list[Provider]:
    images = fashion(BATCH).to(setting.device)
    floats = images[:PEERS, 0].cpu().numpy() / 255.0

    def ours() -> Any:
        return gv.superpixel_graph(images, SMALL, node_features="all", edge_features="all")

    def theirs() -> Any:
        return [_peer_small(one) for one in floats]

    return [
        Provider(OURS, ours, "ours", len(images), result=lambda graphs: graphs.get_example(0)),
        Provider(BY_BINCOUNT, theirs, "peer", PEERS, result=None, memory=False),
        Provider(
            "graphvision slic alone", lambda: gv.slic(images, SMALL), "ours", len(images), None
        ),
    ]


def _large(n: int, setting: Setting) -> list[Provider]:
    pixels, image = astronaut(), photograph(512).to(setting.device)

    def theirs() -> Any:
        return rag_mean_color(pixels, skimage_slic(pixels, n, compactness=10.0, start_label=0))

    everything = {"node_features": "all", "edge_features": "all"}
    return [
        Provider(
            OURS, lambda: gv.superpixel_graph(image, n, edge_features=("colour_step",)), "ours"
        ),
        Provider(BY_RAG, theirs, result=None, memory=False),
        Provider(
            "graphvision, all features",
            lambda: gv.superpixel_graph(image, n, **everything),
            "ours",
        ),
        Provider("graphvision slic alone", lambda: gv.slic(image, n), "ours", result=None),
        Provider(
            "scikit-image slic alone",
            lambda: skimage_slic(pixels, n, start_label=0),
            result=None,
            memory=False,
        ),
    ]


def _peer_small(image: np.ndarray) -> tuple[Any, np.ndarray]:
    """scikit-image's way from one grey image to a graph with features."""
    labels = skimage_slic(image, SMALL, compactness=0.1, channel_axis=None, start_label=0)
    return rag_mean_color(np.dstack([image] * 3), labels), _by_bincount(image, labels)


def _by_bincount(image: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Mean, area and centroid, as people write it."""
    flat, count = labels.ravel(), np.bincount(labels.ravel())
    y, x = np.indices(labels.shape)
    means = [np.bincount(flat, weights=plane.ravel()) / count for plane in (image, y, x)]
    return np.stack([*means, count], axis=1)


def same_edges(results: Mapping[str, Any], trusted: str) -> Agreement:
    """Edges are the touching pairs of labels that a loop over pixels finds."""
    found = Agreement()
    for name, graph in results.items():
        labels = graph.assign.view(graph.size_hw[0]).cpu().numpy()
        apart = set(map(tuple, graph.edge_index.T.tolist())) ^ touching(labels)
        found.errors[name] = float(len(apart))
        if apart:
            found.differs[name] = f"{len(apart)} edges are not those of a loop over pixels"
    return found


def touching(labels: np.ndarray) -> set[tuple[int, int]]:
    """Both directions of every pair of labels that share a pixel side."""
    pairs = set()
    for a, b in ((labels[1:], labels[:-1]), (labels[:, 1:], labels[:, :-1])):
        apart = a != b
        pairs |= set(zip(a[apart].tolist(), b[apart].tolist(), strict=True))
    return pairs | {(b, a) for a, b in pairs}
