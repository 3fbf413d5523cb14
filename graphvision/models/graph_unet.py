"""A U-Net on graphs: down a hierarchy of merged nodes and up again."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from graphvision.kernels.gather import gather_reduce
from graphvision.models.gated_layer import Embedding, GatedStack
from graphvision.models.heads import LEVELS, Heads, answer, outputs_by_level
from graphvision.models.hierarchy import MERGES, Coarser, hierarchy
from graphvision.models.registry import register
from graphvision.models.row_norm import row_norm
from graphvision.models.structure import Structure


class Down(nn.Module):
    """Merged nodes read the mean and the maximum of their parts, merged edges their parts and way.

    Args:
        width: features of a node that come in.
        wider: features of a node that come out.
        edge_width: features of an edge.
    """

    def __init__(self, width: int, wider: int, edge_width: int) -> None:
        super().__init__()
        self.nodes = nn.Linear(2 * width, wider)
        self.edges = nn.Linear(edge_width, edge_width)
        self.way = nn.Linear(2, edge_width, bias=False)

    def forward(self, x: Tensor, edge: Tensor, step: Coarser) -> tuple[Tensor, Tensor]:
        """Features of the merged graph."""
        x = torch.cat([step.mean(x), gather_reduce(x, step.nodes, reduce="max")], 1)
        target = step.structure.area.index_select(0, step.structure.csr.row)
        way = step.structure.displacement() / target.sqrt().unsqueeze(1)
        edge = gather_reduce(edge, step.edges, reduce="mean")
        return self.nodes(x), self.edges(edge) + self.way(way.to(edge.dtype))


class Up(nn.Module):
    """``ReLU(norm(W n_i + V n_merged(i)))``: what a node knew, and what it is part of.

    Args:
        width: features of a node.
        wider: features of a merged node.
        norm: ``"batch"`` or ``"layer"``.
    """

    def __init__(self, width: int, wider: int, norm: str) -> None:
        super().__init__()
        self.skip = nn.Linear(width, width)
        self.whole = nn.Linear(wider, width, bias=False)
        self.norm = row_norm(norm, width)

    def forward(self, skip: Tensor, x: Tensor, step: Coarser) -> Tensor:
        """Features of the nodes before merging."""
        return F.relu(self.norm(self.skip(skip) + self.whole(x).index_select(0, step.node)))


class DownAndUp(nn.Module):
    """Gated layers at every size, on the way down and, joined with those, on the way up.

    Args:
        width: features of a node of the finest graph.
        edge_width: features of an edge, by which each coarser graph's nodes have more than those.
        depth: layers at each size on each way, ≥ 1.
        poolings: number of coarser graphs, ≥ 1.
        norm: ``"batch"`` or ``"layer"``.
        updates_edges: whether the last layer updates the edges of the finest graph.
    """

    def __init__(
        self,
        width: int,
        edge_width: int,
        *,
        depth: int,
        poolings: int,
        norm: str,
        updates_edges: bool,
    ) -> None:
        super().__init__()
        widths = [width + place * edge_width for place in range(poolings + 1)]
        same: dict[str, Any] = {"edge_width": edge_width, "depth": depth, "norm": norm}
        self.before = nn.ModuleList(GatedStack(w, **same) for w in widths[:-1])
        self.down = nn.ModuleList(Down(*pair, edge_width) for pair in pairwise(widths))
        self.bottom = GatedStack(widths[-1], **same, channel="virtual", updates_edges=False)
        self.up = nn.ModuleList(Up(*pair, norm) for pair in pairwise(widths))
        self.after = nn.ModuleList(
            GatedStack(w, **same, updates_edges=updates_edges and w == width) for w in widths[:-1]
        )

    def forward(
        self, x: Tensor, edge: Tensor, structure: Structure, steps: list[Coarser]
    ) -> tuple[Tensor, Tensor]:
        """Nodes and edges of the finest graph."""
        structures = [structure, *(step.structure for step in steps)]
        skips = []
        for place, (before, down) in enumerate(zip(self.before, self.down, strict=True)):
            skips.append(before(x, edge, structures[place]))
            x, edge = down(*skips[-1], steps[place])
        x, edge = self.bottom(x, edge, structures[-1])
        for place in reversed(range(len(steps))):
            skip, edge = skips[place]
            x = self.up[place](skip, x, steps[place])
            x, edge = self.after[place](x, edge, structures[place])
        return x, edge


@register("graph-unet")
class GraphUNet(nn.Module):
    """U-Net on a hierarchy of merged nodes, joined at every size.

    Gated messages as in ``residual-gated``, then about four nodes become one, and so on down; on
    the way up each node gets what it was part of, beside what it knew itself. Who merges with whom
    is decided once per graph, by its own features, without gradients. At the bottom a virtual node
    hears the whole image. On a pixel grid with ``merge="cells"`` it pools 2 × 2 pixels.

    Args:
        in_features: features per node, ≥ 1.
        edge_features: features per edge; with 0, the displacement in pixels is taken from ``pos``.
        num_classes: number of logits at the only level.
        level: ``"graph"``, ``"node"`` or ``"edge"``.
        heads: outputs by level, in place of ``level`` and ``num_classes``.
        width: features per node of the finest graph, a multiple of ``edge_width``, by which each
            coarser graph has more.
        edge_width: features per edge inside; each is the gate of some channels.
        depth: layers at each size on each way, ≥ 1.
        poolings: number of coarser graphs, ≥ 1.
        merge: ``"matching"``, neighbours that are alike, or ``"cells"``, what lies together.
        norm: ``"batch"``, or ``"layer"`` where nothing may depend on the rest of the batch; inputs
            are then taken as they are.
        positions: whether nodes are told where they lie and how large they are.
        readout: how the graph level reads the nodes, as in :class:`~graphvision.nn.Readout`.
        hidden: width of the heads' inner layers.
        dropout: share of the graph head's inner features that is dropped in training.

    Raises:
        ValueError: an unknown level, norm, readout or merge, widths that don't divide, or ``depth``
            or ``poolings`` below 1.

    Example:
        >>> import graphvision as gv
        >>> graph = gv.superpixel_graph(torch.rand(2, 1, 28, 28), 20)
        >>> net = GraphUNet(graph.x.shape[1], 2, num_classes=3, level="node", poolings=2)
        >>> net(graph).shape == (graph.num_nodes, 3)
        True

    Source:
        Ronneberger, Fischer and Brox, U-Net, 2015; Gao and Ji, Graph U-Nets, 2019, with merging in
        place of dropping nodes.
    """

    input_kind: Literal["graph"] = "graph"
    levels = LEVELS

    def __init__(
        self,
        in_features: int,
        edge_features: int = 0,
        num_classes: int = 10,
        *,
        level: str = "graph",
        heads: Mapping[str, int] | None = None,
        width: int = 48,
        edge_width: int = 16,
        depth: int = 2,
        poolings: int = 3,
        merge: str = "matching",
        norm: str = "batch",
        positions: bool = True,
        readout: Sequence[str] = ("area_mean", "max"),
        hidden: int = 64,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        outputs = outputs_by_level(num_classes, level, heads)
        if min(depth, poolings) < 1:
            raise ValueError(
                f"`depth` and `poolings` must be at least 1, got {depth} and {poolings}"
            )
        if merge not in MERGES:
            raise ValueError(f"`merge` must be one of {list(MERGES)}, got {merge!r}")
        self.level, self.merge = level if heads is None else None, merge
        sizes = {"width": width, "edge_width": edge_width}
        self.embed = Embedding(in_features, edge_features, **sizes, norm=norm, positions=positions)
        self.body = DownAndUp(
            **sizes, depth=depth, poolings=poolings, norm=norm, updates_edges="edge" in outputs
        )
        self.heads = Heads(
            width, outputs, edge_width=edge_width, hidden=hidden, readout=readout, dropout=dropout
        )

    def forward(self, graph: Any) -> Tensor | dict[str, Tensor]:
        """Answers about an ``ImageGraph`` or a batch of them."""
        structure = Structure.of(graph)
        steps = hierarchy(structure, len(self.body.down), self.merge)
        x, edge = self.body(*self.embed(graph.x, structure), structure, steps)
        return answer(self.heads(x, edge, structure), single=self.level is not None)
