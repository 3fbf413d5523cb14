"""What a graph network says of whole graphs, of nodes and of edges."""

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

from graphvision.kernels.gather import gather_reduce
from graphvision.models.structure import Structure
from graphvision.nn.readouts import Readout

LEVELS = ("graph", "node", "edge")


def outputs_by_level(
    num_classes: int,
    level: str,
    heads: Mapping[str, int] | None,
    levels: Sequence[str] = LEVELS,
) -> dict[str, int]:
    """How many numbers a network gives at which levels.

    Args:
        num_classes: outputs at the only level, where ``heads`` is None.
        level: the only level.
        heads: outputs by level, in place of both.
        levels: those that the network can answer at.

    Raises:
        ValueError: another level, no level, or no outputs.

    Example:
        >>> outputs_by_level(10, "node", None), outputs_by_level(10, "node", {"edge": 1})
        ({'node': 10}, {'edge': 1})
    """
    if heads is None:
        if level not in levels:
            raise ValueError(f"`level` must be one of {list(levels)}, got {level!r}")
        return {level: num_classes}
    if not heads or not set(heads) <= set(levels) or min(heads.values()) < 1:
        raise ValueError(
            f"`heads` must give a number of outputs for one or more of {list(levels)}, "
            f"got {dict(heads)}"
        )
    return dict(heads)


class GraphHead(nn.Module):
    """``MLP(readouts)``: an answer for every image.

    Args:
        width: features of a node.
        outputs: numbers per image.
        readout: names as in :class:`~graphvision.nn.Readout`.
        hidden: width of the network's inner layer.
        dropout: share of its inner features that is dropped in training.
    """

    def __init__(
        self, width: int, outputs: int, *, readout: Sequence[str], hidden: int, dropout: float
    ) -> None:
        super().__init__()
        self.readout = Readout(width, readout)
        self.head = nn.Sequential(
            nn.Linear(self.readout.num_features, hidden, bias=False),
            nn.LayerNorm(hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, outputs),
        )

    def forward(self, x: Tensor, edge: Tensor, structure: Structure) -> Float[Tensor, "b k"]:
        """One row per image."""
        logits: Tensor = self.head(self.readout(x, structure))
        return logits


class NodeHead(nn.Module):
    """``MLP(n_i)``: an answer for every node.

    Args:
        width: features of a node.
        outputs: numbers per node.
        hidden: width of the inner layer.
    """

    def __init__(self, width: int, outputs: int, *, hidden: int) -> None:
        super().__init__()
        self.first = nn.Linear(width, hidden)
        self.last = nn.Linear(hidden, outputs)

    def forward(self, x: Tensor, edge: Tensor, structure: Structure) -> Float[Tensor, "n k"]:
        """One row per node."""
        logits: Tensor = self.last(F.relu(self.first(x)))
        return logits


class EdgeHead(nn.Module):
    """``MLP([(n_i + n_j) / 2, |B n_i − B n_j|, (e_ij + e_ji) / 2])``: an answer for every edge.

    It is computed once for the two ends, so that both directions of an edge get the same bits. Of
    an edge whose reverse is no edge, its own features count alone.

    Args:
        width: features of a node.
        outputs: numbers per edge.
        edge_width: features of an edge, ≥ 0.
        hidden: width of the inner layer.
    """

    def __init__(self, width: int, outputs: int, *, edge_width: int, hidden: int) -> None:
        super().__init__()
        self.sum = nn.Linear(width, hidden)
        self.step = nn.Linear(width, hidden, bias=False)
        self.from_step = nn.Linear(hidden, hidden, bias=False)
        self.from_edge = nn.Linear(edge_width, hidden, bias=False) if edge_width else None
        self.last = nn.Linear(hidden, outputs)

    def forward(self, x: Tensor, edge: Tensor, structure: Structure) -> Float[Tensor, "e k"]:
        """One row per edge, in the order of ``edge_index``."""
        pairs = structure.pairs
        low, high = pairs.ends
        both = torch.cat([self.sum(x) / 2, self.step(x)], 1)  # one gather for two maps
        first, second = both.index_select(0, low), both.index_select(0, high)
        hidden = self.sum.out_features
        inner = first[:, :hidden] + second[:, :hidden]
        inner = inner + self.from_step((first[:, hidden:] - second[:, hidden:]).abs())
        if self.from_edge is not None:
            inner = inner + self.from_edge(gather_reduce(edge, pairs.edges, reduce="mean"))
        answers: Tensor = self.last(F.relu(inner))
        return structure.listed(answers.index_select(0, pairs.of_edge))


class Heads(nn.ModuleDict):
    """One head for each level at which a network answers.

    Args:
        width: features of a node.
        outputs: numbers by level, out of ``"graph"``, ``"node"`` and ``"edge"``.
        edge_width: features of an edge, ≥ 0.
        hidden: width of the heads' inner layers.
        readout: how whole graphs are read, as in :class:`~graphvision.nn.Readout`.
        dropout: share of the graph head's inner features that is dropped in training.

    Example:
        >>> import graphvision as gv
        >>> graph = gv.grid_graph(torch.rand(1, 3, 3))
        >>> heads = Heads(1, {"node": 4, "edge": 1})
        >>> found = heads(graph.x, graph.edge_attr, Structure.of(graph))
        >>> found["node"].shape, found["edge"].shape
        (torch.Size([9, 4]), torch.Size([40, 1]))
    """

    def __init__(
        self,
        width: int,
        outputs: Mapping[str, int],
        *,
        edge_width: int = 0,
        hidden: int = 64,
        readout: Sequence[str] = ("area_mean", "max"),
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        for level, count in outputs.items():
            if level == "graph":
                self[level] = GraphHead(
                    width, count, readout=readout, hidden=hidden, dropout=dropout
                )
            elif level == "node":
                self[level] = NodeHead(width, count, hidden=hidden)
            else:
                self[level] = EdgeHead(width, count, edge_width=edge_width, hidden=hidden)

    def forward(self, x: Tensor, edge: Tensor, structure: Structure) -> dict[str, Tensor]:
        """All answers.

        Args:
            x: features of the nodes.
            edge: features of the edges, in the order of the structure's rows.
            structure: of the batch.
        """
        return {level: head(x, edge, structure) for level, head in self.items()}


def answer(found: dict[str, Tensor], *, single: bool) -> Tensor | dict[str, Tensor]:
    """The only answer itself, or all by level, as the network's settings asked for them."""
    return next(iter(found.values())) if single else found
