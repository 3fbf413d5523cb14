"""A small CNN and messages between superpixels, as one network."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn
from torch_geometric.data import Batch

from graphvision.graphs import pool_pixels, rasterize
from graphvision.models.double_conv import DoubleConv
from graphvision.models.gated_layer import Embedding, GatedStack
from graphvision.models.heads import LEVELS, Heads, answer, outputs_by_level
from graphvision.models.initialise import initialise
from graphvision.models.registry import register
from graphvision.models.structure import Structure


@register("hybrid")
class Hybrid(nn.Module):
    """A small CNN's features pooled into superpixels, messages between them, painted back.

    > ``f = CNN(image)``, ``n_i = [x_i, mean of f over node i]``, gated messages between the nodes
    > with a virtual node, ``logits = CNN'([f, n painted])``

    all trained at once. The convolutions see details, at full size and at sizes halved again and
    again, whose maps are added up as in a feature pyramid; the messages follow what belongs
    together. With another ``level`` the nodes themselves answer, and nothing is painted.

    Args:
        in_channels: channels of the image, ≥ 1.
        in_features: features per node of the graph, ≥ 1.
        edge_features: features per edge; with 0, the displacement in pixels.
        num_classes: number of logits at the only level.
        level: ``"pixels"`` for a map of the image's size, ``"graph"``, ``"node"`` or ``"edge"``.
        heads: outputs by level, in place of ``level`` and ``num_classes``.
        base: channels of the CNN at full size, ≥ 1, doubled at each pooling.
        poolings: how often the CNN halves the size, ≥ 1.
        width: features per node inside, a multiple of ``edge_width``.
        edge_width: features per edge inside.
        depth: number of layers of messages.
        norm: of the messages, ``"batch"`` or ``"layer"``.
        readout: how the graph level reads the nodes, as in :class:`~graphvision.nn.Readout`.
        hidden: width of the heads' inner layers.

    Raises:
        ValueError: an unknown level or norm, widths that don't divide, no pooling, or, in
            ``forward``, images and graphs of different sizes.

    Example:
        >>> import graphvision as gv
        >>> images = torch.rand(2, 1, 28, 28)
        >>> graph = gv.superpixel_graph(images, 20)
        >>> Hybrid(1, graph.x.shape[1], 2, num_classes=3)(images, graph).shape
        torch.Size([2, 3, 28, 28])

    Source:
        Superpixel pooling of a CNN's features: He et al., Supercnn, IJCV 2015, and Kwak, Hong and
        Han, Weakly supervised semantic segmentation using superpixel pooling network, AAAI 2017.
        Maps of several sizes, added up: Lin et al., Feature pyramid networks, CVPR 2017.
    """

    input_kind: Literal["both"] = "both"
    output_kind: Literal["pixels"] = "pixels"
    levels = ("pixels", *LEVELS)

    def __init__(
        self,
        in_channels: int,
        in_features: int,
        edge_features: int = 0,
        num_classes: int = 10,
        *,
        level: str = "pixels",
        heads: Mapping[str, int] | None = None,
        base: int = 16,
        poolings: int = 3,
        width: int = 48,
        edge_width: int = 16,
        depth: int = 4,
        norm: str = "batch",
        readout: Sequence[str] = ("area_mean", "max"),
        hidden: int = 64,
    ) -> None:
        super().__init__()
        if poolings < 1:
            raise ValueError(f"`poolings` must be at least 1, got {poolings}")
        outputs = outputs_by_level(num_classes, level, heads, self.levels)
        self.level = level if heads is None else None
        sizes = {"width": width, "edge_width": edge_width}
        self.fine = DoubleConv(in_channels, base)
        widths = [base * 2**place for place in range(poolings + 1)]
        self.coarse = nn.ModuleList(DoubleConv(*pair) for pair in pairwise(widths))
        self.narrow = nn.ModuleList(nn.Conv2d(wide, base, 1) for wide in widths[1:])
        seen = in_features + 2 * base
        self.embed = Embedding(seen, edge_features, **sizes, norm=norm, positions=True)
        self.body = GatedStack(
            **sizes, depth=depth, norm=norm, channel="virtual", updates_edges="edge" in outputs
        )
        maps = outputs.pop("pixels", 0)
        self.heads = Heads(width, outputs, edge_width=edge_width, hidden=hidden, readout=readout)
        self.paint = nn.Linear(width, base) if maps else None
        self.join = DoubleConv(3 * base, base) if maps else None
        self.last = nn.Conv2d(base, maps, 1) if maps else None
        initialise(self)

    def forward(self, images: Float[Tensor, "b c h w"], graph: Any) -> Tensor | dict[str, Tensor]:
        """Answers about images and the graphs that were made from them, in the same order."""
        structure = Structure.of(graph)
        maps = self._maps(images)
        pooled = pool_pixels(maps if isinstance(graph, Batch) else maps[0], graph)
        seen = torch.cat([graph.x, pooled], 1)
        x, edge = self.body(*self.embed(seen, structure), structure)
        found = self.heads(x, edge, structure)
        if self.paint is not None and self.join is not None and self.last is not None:
            painted = _images(rasterize(self.paint(x), graph))
            found = {"pixels": self.last(self.join(torch.cat([maps, painted], 1))), **found}
        return answer(found, single=self.level is not None)

    def _maps(self, images: Tensor) -> Tensor:
        """Features at full size, and the sum of those at the smaller sizes, drawn at full size."""
        x = full = self.fine(images)
        far = torch.zeros_like(full)
        for coarser, narrow in zip(self.coarse, self.narrow, strict=True):
            x = coarser(F.max_pool2d(x, 2, ceil_mode=True))
            far = far + F.interpolate(narrow(x), images.shape[2:], mode="bilinear")
        return torch.cat([full, far], 1)


def _images(painted: Tensor | list[Tensor]) -> Tensor:
    """What was painted, with a batch axis."""
    assert isinstance(painted, Tensor), "images of one size"
    return painted if painted.ndim == 4 else painted.unsqueeze(0)
