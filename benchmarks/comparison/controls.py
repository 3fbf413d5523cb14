"""The controls beside a graph result: the same training, one thing taken away."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor
from torch_geometric.data import Batch

import graphvision as gv
from graphvision.datasets import ImageDataset, Recipe
from graphvision.train import Data, Settings
from graphvision.train.data import InputKind

RESIZED = 45  # 45 · 45 = 2025 floats = 75 nodes · 27 features
CELLS_PER_ROW = (8, 8, 9, 8, 9, 8, 9, 8, 8)  # 75 cells of about 3.1 × 3.4 pixels


@dataclass(frozen=True)
class CellRecipe(Recipe):
    """As many near-square cells as there are superpixels, with the same features.

    Attributes:
        cells: number of cells in each row of cells.
    """

    cells: tuple[int, ...] = CELLS_PER_ROW

    def settings(self) -> dict[str, Any]:
        """The recipe as plain values."""
        return asdict(self)

    def build(self, images: Tensor) -> Batch:
        """The graphs of a batch of images."""
        return gv.image_graph(
            images,
            gv.Labels(cell_map(tuple(images.shape[2:]), self.cells)),
            gv.SharedBorder(),
            node_features=self.node_features,
            edge_features=self.edge_features,
        )


def cell_map(size: tuple[int, int], cells: tuple[int, ...]) -> Tensor:
    """Rows of equally wide cells, ``[h, w]``.

    Args:
        size: (height, width) of the image.
        cells: number of cells in each row.
    """
    height, width = size
    row = torch.arange(height) * len(cells) // height
    count = torch.tensor(cells)
    first = count.cumsum(0) - count
    return first[row][:, None] + torch.arange(width)[None, :] * count[row][:, None] // width


class SquareCells(Data):
    """Cells of a raster in place of superpixels."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(replace(settings, recipe=CellRecipe()))


class WithoutEdges(Data):
    """Superpixels that hear nothing from each other."""

    def inputs(self, kind: InputKind, split: str, index: Tensor) -> Any:
        """Graphs without their edges."""
        graph = super().inputs(kind, split, index)
        graph.edge_index, graph.edge_attr = graph.edge_index[:, :0], graph.edge_attr[:0]
        return graph


class ShuffledEdges(Data):
    """Every message comes from a random node of the same image, always the same one.

    The number of messages that a node gets or sends and all edge features stay as they are.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        nodes = settings.recipe.n_segments
        generator = torch.Generator().manual_seed(0)
        self.orders = {
            split: torch.rand(len(part), nodes, generator=generator).argsort(1)
            for split, part in self.splits.items()
        }

    def inputs(self, kind: InputKind, split: str, index: Tensor) -> Any:
        """Graphs with their sources permuted."""
        graph = super().inputs(kind, split, index)
        order = (self.orders[split][index] + graph.ptr[:-1, None]).flatten()
        source, target = graph.edge_index
        graph.edge_index = torch.stack([order[source], target])
        return graph


class Resized(Data):
    """Images with as many pixels as a graph has numbers on its nodes."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.splits = {split: _resized(part) for split, part in self.splits.items()}


class Painted(Data):
    """Images in which every pixel has the mean of its superpixel."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        painted = {split: self._painted(split) for split in self.splits}
        self.splits = painted

    def _painted(self, split: str) -> ImageDataset:
        part, store = self.splits[split], self.store(split)
        rows = []
        for index in torch.arange(len(part)).split(500):
            graph = store.batch(index)
            pixels = graph.x[graph.global_assign, 0].view(len(index), 1, *part.image_size)
            rows.append((pixels * 255).round().to(torch.uint8))
        return replace_images(part, torch.cat(rows))


def replace_images(part: ImageDataset, images: Tensor) -> ImageDataset:
    """The same labels with other images.

    Args:
        part: what to take labels and names from.
        images: uint8, ``[n, c, h, w]``.
    """
    return ImageDataset(images, part.labels, part.classes, name=part.name, split=part.split)


def _resized(part: ImageDataset) -> ImageDataset:
    rows = [
        F.interpolate(images.to(torch.float32), (RESIZED, RESIZED), mode="bilinear")
        for images in part.images.split(1000)
    ]
    return replace_images(part, torch.cat([r.round().to(torch.uint8) for r in rows]))


CONTROLS: dict[str, tuple[str, type[Data], str]] = {
    "edges removed": ("superpixel-net", WithoutEdges, "the same network, no messages"),
    "edges shuffled": ("superpixel-net", ShuffledEdges, "messages from random nodes"),
    "square cells": ("superpixel-net", SquareCells, "75 cells of a raster, same features"),
    "resized image": ("lenet5", Resized, "45 × 45 pixels, as many floats as 75 nodes · 27"),
    "painted image": ("lenet5", Painted, "every pixel has the mean of its superpixel"),
}
