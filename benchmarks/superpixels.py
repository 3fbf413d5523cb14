"""Superpixels and their graphs against scikit-image: quality first, then speed.

``python -m benchmarks.superpixels --out benchmarks/results/superpixels.json``
"""

import gzip
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from skimage.data import astronaut
from skimage.graph import rag_mean_color
from skimage.segmentation import slic as peer_slic
from torch import Tensor

import graphvision as gv
from benchmarks._runner import Case, Provider, main
from graphvision.graphs.partition_metrics import compactness, explained_variation

FASHION = Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")
SMALL, BATCH, PEERS = 75, 512, 16
LARGE = (500, 1300)


@cache
def fashion() -> Tensor:
    """Clothes, ``[b, 1, 28, 28]`` uint8; the embedded copy where the Debian package is missing."""
    if FASHION.exists():
        raw = np.frombuffer(gzip.decompress(FASHION.read_bytes()), dtype=np.uint8, offset=16)
        return torch.from_numpy(raw[: BATCH * 784].reshape(-1, 1, 28, 28).copy())
    from graphvision import datasets

    images: Tensor = datasets.load("fashion-mini", "test").images[:BATCH]
    return images


def peer_features(image: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Mean per channel, area and centroid by ``bincount``, as people write it."""
    flat, count = labels.ravel(), np.bincount(labels.ravel())
    y, x = np.indices(labels.shape)
    planes = [*np.moveaxis(np.atleast_3d(image), 2, 0), y, x]
    means = [np.bincount(flat, weights=p.ravel()) / count for p in planes]
    return np.stack([*means, count], axis=1)


def peer_small(image: np.ndarray) -> tuple[Any, np.ndarray]:
    """scikit-image's way from one grey 28×28 image to a graph with features."""
    labels = peer_slic(image, n_segments=SMALL, compactness=0.1, channel_axis=None, start_label=0)
    return rag_mean_color(np.dstack([image] * 3), labels), peer_features(image, labels)


def peer_large(image: np.ndarray, n: int) -> Any:
    """scikit-image's way from one RGB image to a graph: mean colours, and steps between them."""
    return rag_mean_color(image, peer_slic(image, n_segments=n, compactness=10.0, start_label=0))


def ours_large(image: Tensor, n: int) -> Any:
    """The same with graphvision: mean colours of the nodes, steps of the colour at the edges."""
    return gv.superpixel_graph(image, n, edge_features=("colour_step",))


def ours(images: Tensor, n: int) -> Any:
    """Our way: all features there are."""
    return gv.superpixel_graph(images, n_segments=n, node_features="all", edge_features="all")


def check_graph(images: Tensor, n: int) -> None:
    """Edges equal the adjacent pairs of labels of a pixel loop, on the first image."""
    first = images[:1] if images.ndim == 4 else images[None]
    graph = ours(first, n)
    labels = graph.assign.view(graph.size_hw[0]).numpy()
    pairs = set()
    for a, b in ((labels[1:], labels[:-1]), (labels[:, 1:], labels[:, :-1])):
        apart = a != b
        pairs |= set(zip(a[apart].tolist(), b[apart].tolist(), strict=True))
    both = pairs | {(b, a) for a, b in pairs}
    assert set(map(tuple, graph.edge_index.T.tolist())) == both


def quality() -> dict[str, Any]:
    """Explained variation and compactness at scikit-image's number of segments; ours not below."""
    pixels = astronaut()
    image = torch.from_numpy(pixels).permute(2, 0, 1).float() / 255
    found = {}
    for n in (100, 300, 1000):
        theirs = torch.from_numpy(peer_slic(pixels, n_segments=n, start_label=0))
        mine = gv.slic(pixels, int(theirs.max()) + 1, exact=True)
        rows = {
            name: {
                "explained_variation": round(float(explained_variation(image, labels)), 4),
                "compactness": round(float(compactness(labels)), 4),
            }
            for name, labels in (("graphvision", mine), ("scikit-image", theirs))
        }
        found[str(int(theirs.max()) + 1)] = rows
        print(f"astronaut, {int(theirs.max()) + 1} segments: {rows}")
        gain = rows["graphvision"]["explained_variation"]
        assert gain >= rows["scikit-image"]["explained_variation"]
    means = [
        sum(rows[name]["compactness"] for rows in found.values())
        for name in ("graphvision", "scikit-image")
    ]
    assert means[0] >= means[1]
    return {"quality": found}


def cases() -> Sequence[Case]:
    """Graphs of small images in a batch, and of one large image."""
    small, large = fashion(), astronaut()
    floats = small.numpy()[:PEERS, 0] / 255.0
    picture = torch.from_numpy(large).permute(2, 0, 1).contiguous()
    made = [
        Case(
            "28×28 Fashion-MNIST to superpixel graphs with features",
            [
                Provider("graphvision, all features", lambda: ours(small, SMALL), len(small)),
                Provider(
                    "scikit-image slic + rag + bincount",
                    lambda: [peer_small(one) for one in floats],
                    PEERS,
                ),
                Provider("graphvision slic alone", lambda: gv.slic(small, SMALL), len(small)),
            ],
            check=lambda: check_graph(small, SMALL),
            unit="image",
            goal={"scikit-image slic + rag + bincount": 40.0},
        )
    ]
    for n in LARGE:
        made.append(
            Case(
                f"512×512 RGB photograph, {n} superpixels, to a graph with mean colours",
                [
                    Provider("graphvision, mean colours", lambda n=n: ours_large(picture, n)),
                    Provider(
                        "scikit-image slic + rag_mean_color", lambda n=n: peer_large(large, n)
                    ),
                    Provider("graphvision, all features", lambda n=n: ours(picture, n)),
                    Provider("graphvision slic alone", lambda n=n: gv.slic(picture, n)),
                    Provider(
                        "scikit-image slic alone",
                        lambda n=n: peer_slic(large, n_segments=n, start_label=0),
                    ),
                ],
                check=lambda n=n: check_graph(picture, n),
                unit="image",
                goal={"scikit-image slic + rag_mean_color": 50.0},
            )
        )
    return made


if __name__ == "__main__":
    main(cases, facts=quality)
