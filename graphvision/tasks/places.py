"""Where the outputs of a network sit: at nodes and edges of graphs, or at cells of maps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvision.tasks.metrics.confusion import check_classes


@dataclass(frozen=True, eq=False)
class Places:
    """The nodes that outputs belong to; a map is the outputs of the grid graph of its cells.

    Make them with :meth:`of_graph` or :meth:`of_map`; every task reads both alike.

    Attributes:
        image_size: (h, w) of every image in pixels.
        pos: centre of each node as (y, x), pixel centres at integers, ``[n, 2]``.
        area: pixels per node, ``[n]``.
        ptr: first node of every image and, last, the number of nodes, ``[b + 1]``.
        edges: pairs of nodes ``[2, e]``: a graph's ``edge_index``; of a map, each cell with the one
            to its right, then each with the one below it.
        cells: (h', w') of a map, None for graphs.
        stride: (tall, wide), pixels per cell of a map, None for graphs.
        assign: node of every pixel, ``[b, h, w]``, -1 where ignored.

    Example:
        >>> places = Places.of_map((2, 2), count=1, image_size=(4, 4))
        >>> places.pos.tolist()
        [[0.5, 0.5], [0.5, 2.5], [2.5, 0.5], [2.5, 2.5]]
        >>> places.edges.tolist()
        [[0, 2, 0, 1], [1, 3, 2, 3]]
    """

    image_size: tuple[int, int]
    pos: Float[Tensor, "n 2"]
    area: Float[Tensor, " n"]
    ptr: Int[Tensor, " b1"]
    edges: Int[Tensor, "2 e"]
    cells: tuple[int, int] | None
    stride: tuple[int, int] | None
    assign: Int[Tensor, "b h w"]

    @classmethod
    def of_graph(cls, graph: Any) -> Places:
        """The nodes of an image graph or of a batch of them.

        Args:
            graph: its images must have one size.

        Raises:
            ValueError: the images are no pictures, or of several sizes.
        """
        sizes = set(graph.size_hw)
        if len(sizes) != 1 or len(size := next(iter(sizes))) != 2:
            raise ValueError(f"`graph` must be of pictures of one size, got {sorted(sizes)}")
        assign = graph.global_assign.view(-1, *size)
        area = graph.area.to(graph.pos.dtype)
        return cls(size, graph.pos, area, graph.node_ptr, graph.edge_index, None, None, assign)

    @classmethod
    def of_map(
        cls,
        cells: tuple[int, int],
        *,
        count: int,
        image_size: tuple[int, int],
        stride: int | tuple[int, int] | None = None,
        device: torch.device | str = "cpu",
    ) -> Places:
        """The cells of maps: rectangles of one size, the last of a row or column may be cut off.

        Args:
            cells: (h', w') of the maps; ⌈h / s⌉ and ⌈w / t⌉ for the strides s and t.
            count: number of images.
            image_size: (h, w).
            stride: pixels per cell, or (tall, wide), ≥ 1; None: the least that gives so many cells,
                which isn't the network's own where that doesn't divide the image.
            device: of the result.

        Raises:
            ValueError: no stride, or not the given one, gives so many cells.
        """
        tall, wide = _stride(image_size, cells, stride)
        index = torch.arange(count * cells[0] * cells[1], device=device).view(count, *cells)
        (y, height), (x, width) = (
            _spans(size, side, device) for size, side in zip(image_size, (tall, wide), strict=True)
        )
        right = index[:, :, :-1].flatten(), index[:, :, 1:].flatten()
        below = index[:, :-1].flatten(), index[:, 1:].flatten()
        owner = index.repeat_interleave(tall, 1).repeat_interleave(wide, 2)
        return cls(
            image_size,
            torch.cartesian_prod(y, x).repeat(count, 1),
            torch.outer(height, width).flatten().repeat(count),
            torch.arange(count + 1, device=device) * (cells[0] * cells[1]),
            torch.stack([torch.cat(ends) for ends in zip(right, below, strict=True)]),
            cells,
            (tall, wide),
            owner[:, : image_size[0], : image_size[1]],
        )

    def __len__(self) -> int:
        return len(self.ptr) - 1

    @property
    def num_nodes(self) -> int:
        """Nodes of all images."""
        return len(self.pos)

    @cached_property
    def image_of(self) -> Int[Tensor, " n"]:
        """The image of each node."""
        images = torch.arange(len(self), device=self.ptr.device)
        return images.repeat_interleave(self.ptr.diff(), output_size=self.num_nodes)

    def at_nodes(self, outputs: Tensor) -> Float[Tensor, "n k"]:
        """A network's outputs as one row per node.

        Args:
            outputs: ``[n, k]``, or maps ``[b, k, h', w']``.

        Raises:
            ValueError: there isn't one row for each node.
        """
        if self.cells is not None and outputs.ndim == 4:
            outputs = outputs.permute(0, 2, 3, 1).flatten(0, 2)
        return _rows(outputs, self.num_nodes, "node")

    def at_edges(self, outputs: Tensor) -> Float[Tensor, "e k"]:
        """A network's outputs as one row per edge.

        Args:
            outputs: ``[e, k]``, or maps ``[b, 2, h', w']`` for the cells to the right and below.

        Raises:
            ValueError: there isn't one row for each edge.
        """
        if self.cells is not None and outputs.ndim == 4:
            if outputs.shape[1] != 2:
                raise ValueError(
                    "`outputs` must have 2 channels, the edges to the right and below, "
                    f"got {outputs.shape[1]}"
                )
            right, below = outputs[:, 0, :, :-1], outputs[:, 1, :-1]
            outputs = torch.cat([right.flatten(), below.flatten()])[:, None]
        return _rows(outputs, self.edges.shape[1], "edge")

    def paint(self, values: Tensor, fill: float | int = 0) -> Tensor:
        """Values of nodes at their pixels.

        Args:
            values: ``[n, …]``.
            fill: at ignored pixels.

        Returns:
            ``[b, h, w, …]``.
        """
        if not len(values):
            return values.new_full((*self.assign.shape, *values.shape[1:]), fill)
        painted = values[self.assign.clamp(min=0)]
        hidden = self.assign < 0
        return torch.where(hidden.view(*hidden.shape, *[1] * (values.ndim - 1)), fill, painted)

    def counts(self, labels: Int[Tensor, "b h w"], classes: int) -> Float[Tensor, "n c"]:
        """How many pixels of each class a node has; negative labels count nothing.

        Args:
            labels: one for every pixel, below ``classes``.
            classes: how many there are.

        Raises:
            ValueError: a label is too large.
        """
        known = (labels >= 0) & (self.assign >= 0)
        check_classes("labels", labels[known], classes)
        place = (self.assign * classes + labels)[known]
        found = torch.bincount(place, minlength=self.num_nodes * classes)
        return found.view(self.num_nodes, classes).to(self.pos.dtype)

    def majority(self, labels: Int[Tensor, "b h w"]) -> Int[Tensor, " n"]:
        """The label that most pixels of a node have, of equals the smallest; -1: none is known.

        Args:
            labels: one for every pixel; negative where it isn't known.
        """
        if self.cells == self.image_size:
            return labels.flatten()
        found = self.counts(labels, int(labels.max().clamp(min=0)) + 1)
        return torch.where(found.sum(1) > 0, found.argmax(1), -1)


def _rows(outputs: Tensor, count: int, name: str) -> Tensor:
    if outputs.ndim == 1:
        outputs = outputs[:, None]
    if outputs.ndim != 2 or len(outputs) != count:
        wanted = f"one row for each of {count} {name}s"
        raise ValueError(f"`outputs` must have {wanted}, got shape {tuple(outputs.shape)}")
    return outputs


def _stride(
    image_size: tuple[int, int], cells: tuple[int, int], given: int | tuple[int, int] | None
) -> tuple[int, int]:
    """Pixels per cell."""
    least = (-(-size // max(parts, 1)) for size, parts in zip(image_size, cells, strict=True))
    tall, wide = least if given is None else (given, given) if isinstance(given, int) else given
    (h, w), (rows, columns) = image_size, cells
    if tall < 1 or wide < 1 or (-(-h // tall), -(-w // wide)) != cells:
        kind = "whole" if given is None else f"{tall}×{wide}"
        wanted = f"cells of {kind} pixels for the image's {h}×{w}"
        raise ValueError(f"`cells` must be {wanted}, got {rows}×{columns}")
    return tall, wide


def _spans(size: int, side: int, device: torch.device | str) -> tuple[Tensor, Tensor]:
    """Centres and lengths of the cells along an axis."""
    first = torch.arange(0, size, side, device=device, dtype=torch.float32)
    length = (size - first).clamp(max=side)
    return first + (length - 1) / 2, length
