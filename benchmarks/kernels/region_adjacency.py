"""Region adjacency graphs with the features of their edges, from a label map."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from skimage.graph import rag_mean_color

import graphvision as gv
from benchmarks._agree import Close
from benchmarks._case import Case, Goal, Provider, Setting, installed
from benchmarks.kernels._inputs import astronaut, photograph
from graphvision.graphs.features.edge import EDGE_FEATURES, edge_table
from graphvision.graphs.nodes import Nodes
from graphvision.kernels.borders import borders
from graphvision.kernels.regions import Regions, image_slope

N = 1000
RAG, BIOIMAGE = "scikit-image rag_mean_color", "bioimage-cpp"
SHARED = ("border_length", "colour_step", "gradient")  # what bioimage-cpp has too


def cases() -> Iterator[Case]:
    """All features, and what ``bioimage-cpp`` gives in one call."""
    yield Case(
        "region_adjacency",
        f"512×512 RGB, {N} regions, all edge features",
        _all,
        [Goal(500.0, RAG), Goal(1.0, BIOIMAGE)],
        Close(1e-5),
        unit="image",
        rounds=5,
    )
    yield Case(
        "region_adjacency",
        f"512×512, {N} regions, border length and gradient",
        _short,
        [Goal(1.0, BIOIMAGE)],
        Close(1e-5),
        unit="image",
    )


def _picture(setting: Setting) -> tuple[torch.Tensor, torch.Tensor]:
    image = photograph(512).float().to(setting.device) / 255
    return image, gv.slic(image, N, exact=True)


def _slopes(image: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return image_slope(image[None], Regions(labels[None]))


def _all(setting: Setting) -> list[Provider]:
    image, labels = _picture(setting)
    pixels, flat = astronaut() / 255.0, labels.cpu().numpy()
    magnitude = _slopes(image, labels)[0].norm(dim=0).cpu().numpy()

    def ours() -> Any:
        nodes = Nodes(image[None], Regions(labels[None]), None, EDGE_FEATURES)
        edge_index = nodes.borders.edge_index
        return edge_index, edge_table(nodes, edge_index, EDGE_FEATURES)

    def of_any_labels() -> Any:
        partition = gv.Labels(labels, ignore=None)
        graph = gv.image_graph(image, partition, "border", edge_features="all")
        return graph.edge_index, graph.edge_attr

    def figures(found: Any) -> Any:
        edge_index, table = found
        names = gv.graphs.feature_names("all", 3, kind="edge")
        wanted = [i for i, name in enumerate(names) if name.startswith(SHARED)]
        once = edge_index[0] < edge_index[1]
        return sorted_by_pair(edge_index[:, once], table[once][:, wanted])

    return [
        Provider("graphvision, numbered regions", ours, "ours", result=figures),
        Provider("graphvision, any labels, whole graph", of_any_labels, "ours", result=figures),
        Provider(RAG, lambda: rag_mean_color(pixels, flat), result=None, memory=False),
        installed(
            "bioimage_cpp.graph.features",
            BIOIMAGE,
            partial(_bioimage, labels=flat, magnitude=magnitude, pixels=pixels, setting=setting),
        ),
    ]


def _short(setting: Setting) -> list[Provider]:
    image, labels = _picture(setting)
    flat, slope = labels.cpu().numpy(), _slopes(image, labels)
    magnitude = slope[0].norm(dim=0).double().cpu().numpy()
    nothing = image[None, :0].view(1, 0, *image.shape[1:])

    def figures(found: Any) -> Any:
        once = found.edge_index[0] < found.edge_index[1]
        table = torch.cat([found.length.unsqueeze(1), found.gradient], 1)
        return sorted_by_pair(found.edge_index[:, once], table[once])

    return [
        Provider(
            "graphvision",
            lambda: borders(Regions(labels[None]), nothing, slope),
            "ours",
            result=figures,
        ),
        installed(
            "bioimage_cpp.graph.features",
            BIOIMAGE,
            partial(_bioimage, labels=flat, magnitude=magnitude, pixels=None, setting=setting),
        ),
    ]


def _bioimage(
    features: Any, *, labels: np.ndarray, magnitude: np.ndarray, pixels: Any, setting: Setting
) -> Provider:
    """The same figures; the magnitude of the gradient is given, not timed."""
    from bioimage_cpp.graph import region_adjacency_graph

    many = {"number_of_threads": setting.threads}

    def call() -> tuple[np.ndarray, np.ndarray]:
        rag = region_adjacency_graph(labels, **many)
        found = features.edge_map_features(rag, labels, magnitude, **many)
        columns = [found[:, 1]]
        for channel in () if pixels is None else np.moveaxis(pixels, 2, 0):
            down, right = np.zeros_like(channel), np.zeros_like(channel)
            np.abs(channel[1:] - channel[:-1], out=down[:-1])
            np.abs(channel[:, 1:] - channel[:, :-1], out=right[:, :-1])
            steps = np.stack([down, right])
            table = features.affinity_features(rag, labels, steps, [(1, 0), (0, 1)], **many)
            columns.append(table[:, 0])
        return rag.uv_ids(), np.stack([*columns, found[:, 0]], 1)

    def result(found: tuple[np.ndarray, np.ndarray]) -> Any:
        ends, table = found
        return sorted_by_pair(torch.from_numpy(ends.astype(np.int64)).T, torch.from_numpy(table))

    return Provider(BIOIMAGE, call, result=result, memory=False)


def sorted_by_pair(ends: torch.Tensor, table: torch.Tensor) -> Any:
    """Pairs (smaller, larger) in increasing order, and their figures."""
    low, high = ends.min(0).values, ends.max(0).values
    order = torch.argsort(low * (int(high.max()) + 1) + high)
    return torch.stack([low, high])[:, order], table[order]
