"""A deep network of gated messages, for graphs, nodes and edges."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from torch import Tensor, nn

from graphvision.models.gated_layer import Embedding, GatedStack
from graphvision.models.heads import LEVELS, Heads, answer, outputs_by_level
from graphvision.models.registry import register
from graphvision.models.structure import Structure


@register("residual-gated")
@register("superpixel-detector", level="node", depth=10)
class ResidualGated(nn.Module):
    """Deep residual gated messages; edges have features that the layers update, too.

    > ``ê_ji = A n_i + B n_j + C e_ji``, ``e_ji ← e_ji + ReLU(norm(ê_ji))``,
    > ``n_i ← n_i + ReLU(norm(U n_i + Σ_j σ(ê_ji) ⊙ V n_j / Σ_j σ(ê_ji)))``

    and after each layer a global channel, through which every node hears of the whole image. Node
    and edge features may come in any mixture of units. Any image graph will do: superpixels,
    patches, pixels.

    As ``superpixel-detector`` each node says what object it belongs to, where that object ends and
    how central the node is to it: ``num_classes`` = classes + 5, as the cells of ``fcos`` do.

    Args:
        in_features: features per node, ≥ 1.
        edge_features: features per edge; with 0, the displacement in pixels is taken from ``pos``.
        num_classes: number of logits at the only level.
        level: ``"graph"``, ``"node"`` or ``"edge"``.
        heads: outputs by level, in place of ``level`` and ``num_classes``.
        width: features per node inside, a multiple of ``edge_width``.
        edge_width: features per edge inside; each is the gate of some channels.
        depth: number of layers.
        global_channel: ``"virtual"`` for a virtual node, ``"attention"`` of all nodes to all
            nodes of their image, or None.
        norm: ``"batch"``, or ``"layer"`` where nothing may depend on the rest of the batch; inputs
            are then taken as they are.
        positions: whether nodes are told where they lie and how large they are.
        readout: how the graph level reads the nodes, as in :class:`~graphvision.nn.Readout`.
        hidden: width of the heads' inner layers.
        dropout: share of the graph head's inner features that is dropped in training.

    Raises:
        ValueError: an unknown level, norm, readout or channel, or widths that don't divide.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.superpixel_graph(torch.rand(2, 1, 28, 28), 20)
        >>> net = ResidualGated(graph.x.shape[1], 2, heads={"graph": 5, "edge": 1})
        >>> {level: found.shape[1] for level, found in net(graph).items()}
        {'graph': 5, 'edge': 1}

    Source:
        Bresson and Laurent, Residual gated graph ConvNets, 2017; edge features as in Dwivedi et
        al., Benchmarking graph neural networks, 2020.
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
        depth: int = 6,
        global_channel: str | None = "virtual",
        norm: str = "batch",
        positions: bool = True,
        readout: Sequence[str] = ("area_mean", "max"),
        hidden: int = 64,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        outputs = outputs_by_level(num_classes, level, heads)
        self.level = level if heads is None else None
        sizes = {"width": width, "edge_width": edge_width}
        self.embed = Embedding(in_features, edge_features, **sizes, norm=norm, positions=positions)
        self.body = GatedStack(
            **sizes,
            depth=depth,
            norm=norm,
            channel=global_channel,
            updates_edges="edge" in outputs,
        )
        self.heads = Heads(
            width, outputs, edge_width=edge_width, hidden=hidden, readout=readout, dropout=dropout
        )

    def forward(self, graph: Any) -> Tensor | dict[str, Tensor]:
        """Answers about an ``ImageGraph`` or a batch of them."""
        structure = Structure.of(graph)
        x, edge = self.body(*self.embed(graph.x, structure), structure)
        return answer(self.heads(x, edge, structure), single=self.level is not None)
