"""Whole graphs read out by name, in one way or in several side by side."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch_geometric.nn.aggr import Set2Set, SortAggregation

from graphvision.kernels.gather import Csr, gather_reduce
from graphvision.nn.learned_aggregators import AGGREGATORS, AbstractAggregator, aggregator
from graphvision.nn.position_pool import PositionPool


def nodes_of_images(graph: Any) -> Csr:
    """The nodes in rows by image: every node of an image sends to it.

    Args:
        graph: an ``ImageGraph``, a batch of them, or what has ``node_ptr`` as they do.
    """
    ptr = graph.node_ptr
    count = len(graph.area)
    return Csr(ptr, torch.arange(count, device=ptr.device), count)


def mean_by_area(x: Float[Tensor, "n c"], graph: Any) -> Float[Tensor, "b c"]:
    """``Σ_i area_i n_i / Σ_i area_i`` of every image: the mean over its painted pixels.

    Args:
        x: features of the nodes.
        graph: an ``ImageGraph``, a batch of them, or what has ``area`` and ``node_ptr`` as they do.

    Returns:
        One row per image; 0 for one without nodes.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.patch_graph(torch.rand(1, 2, 3), patch_size=2)
        >>> mean_by_area(torch.tensor([[3.0], [6.0]]), graph)
        tensor([[4.]])
    """
    images = nodes_of_images(graph)
    area = graph.area.to(torch.float64).unsqueeze(1)
    total = gather_reduce(area, images).index_select(0, images.row)
    return gather_reduce(x, images, (area / total).to(x.dtype))


class AreaMean(nn.Module):
    """:func:`mean_by_area` as a readout.

    Args:
        width: channels of a node.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.num_features = width

    def forward(self, x: Float[Tensor, "n c"], graph: Any) -> Float[Tensor, "b c"]:
        """The mean over pixels."""
        return mean_by_area(x, graph)


class PlacePool(PositionPool):
    """:class:`PositionPool` over 7 × 7 points.

    Args:
        width: channels of a node.
    """

    def __init__(self, width: int) -> None:
        super().__init__(7)
        self.num_features = 49 * width


class SetToSet(nn.Module):
    """Set2Set: an LSTM that asks the nodes three times, each time by attention.

    Args:
        width: channels of a node; twice as many come out.

    Source:
        Vinyals, Bengio and Kudlur, Order matters, 2016, section 4.2; PyG's ``Set2Set``.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.num_features = 2 * width
        self.aggr = Set2Set(width, processing_steps=3)

    def forward(self, x: Float[Tensor, "n c"], graph: Any) -> Float[Tensor, "b d"]:
        """The last question and its answer."""
        images = nodes_of_images(graph)
        found: Tensor = self.aggr(x, images.row, dim_size=images.num_targets)
        return found

    def multiply_adds(self, inputs: Any, output: Tensor) -> int:
        """Four gates of an LSTM per step and image; logits and weighted sums over the nodes."""
        nodes, width = inputs[0].shape
        return int(3 * (len(output) * 4 * width * 3 * width + 2 * nodes * width))


class SortPool(nn.Module):
    """The 16 nodes whose last channel is highest, one after the other; 0 where there are fewer.

    Args:
        width: channels of a node; 16 times as many come out.

    Source:
        Zhang et al., An end-to-end deep learning architecture for graph classification, 2018,
        section 3.2; PyG's ``SortAggregation``.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.num_features = 16 * width
        self.aggr = SortAggregation(16)

    def forward(self, x: Float[Tensor, "n c"], graph: Any) -> Float[Tensor, "b d"]:
        """The sorted nodes."""
        images = nodes_of_images(graph)
        found: Tensor = self.aggr(x, images.row, dim_size=images.num_targets)
        return found


READOUTS: dict[str, Callable[[int], nn.Module]] = {
    "position": PlacePool,
    **AGGREGATORS,
    "area_mean": AreaMean,
    "set2set": SetToSet,
    "sort": SortPool,
}


class Readout(nn.ModuleDict):
    """Read whole graphs out, in one way or in several side by side.

    Args:
        width: channels of a node.
        names: out of the table ``READOUTS``: ``"area_mean"`` (over pixels), ``"mean"`` (each node
            once), ``"sum"``, ``"max"``, ``"min"``, ``"std"``; ``"position"`` (7 × 7 points over the
            image); ``"attention"``, ``"set2set"``, ``"deepsets"``, ``"sort"``; ``"softmax"`` and
            ``"power"``, mixtures of mean and max that learn.

    Raises:
        ValueError: no name, one twice or an unknown one.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.grid_graph(torch.rand(2, 3, 8, 8))
        >>> Readout(3, ("area_mean", "set2set"))(graph.x, graph).shape
        torch.Size([2, 9])
    """

    def __init__(self, width: int, names: Sequence[str]) -> None:
        names = (names,) if isinstance(names, str) else tuple(names)
        unknown = [name for name in names if name not in READOUTS]
        if unknown or len(set(names)) < len(names) or not names:
            raise ValueError(
                f"`names` must be one or more different names of {list(READOUTS)}, "
                f"got {list(names)}"
            )
        super().__init__({name: _part(name, width) for name in names})

    @property
    def num_features(self) -> int:
        """Channels that come out."""
        widths: list[Any] = [part.num_features for part in self.values()]
        return sum(widths)

    def forward(self, x: Float[Tensor, "n c"], graph: Any) -> Float[Tensor, "b d"]:
        """Read out.

        Args:
            x: features of the nodes.
            graph: an ``ImageGraph`` or a batch of them, for areas, positions and images.

        Returns:
            One row per image, the readouts in the order of their names.
        """
        images = nodes_of_images(graph)
        return torch.cat(
            [
                part(x, images if isinstance(part, AbstractAggregator) else graph)
                for part in self.values()
            ],
            1,
        )


def _part(name: str, width: int) -> nn.Module:
    return aggregator(name, width) if name in AGGREGATORS else READOUTS[name](width)
