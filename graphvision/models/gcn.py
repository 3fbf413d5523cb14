"""A graph convolutional network on superpixels: the plain graph baseline."""

from typing import Any, Literal

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch_geometric.nn import GCNConv, global_max_pool, global_mean_pool
from torch_geometric.utils import add_self_loops, degree

from graphvision.models.registry import register
from graphvision.models.row_norm import BatchRows


@register("gcn")
class GCN(nn.Module):
    """Three graph convolutions with residuals, then mean and max over the nodes.

    ``n ← n + ReLU(norm(D^-½ (A + I) D^-½ n W))``: isotropic, a neighbour's direction plays no part.
    The two ``D^-½`` scale nodes, before and after the sum: no buffer of weighted messages. The
    first layer normalises the node features, so that any mixture of units may come in.

    Args:
        in_features: features per node, ≥ 1.
        edge_features: features per edge; accepted for the common signature and not used.
        num_classes: number of logits, ≥ 1.
        hidden: features per node inside, ≥ 1.
        depth: number of graph convolutions, ≥ 1.

    Example:
        >>> sum(p.numel() for p in GCN(in_features=3).parameters())
        8368

    Source:
        Kipf and Welling, Semi-supervised classification with graph convolutional networks, 2017,
        equation 2; ``torch_geometric.nn.GCNConv``.
    """

    input_kind: Literal["graph"] = "graph"

    def __init__(
        self,
        in_features: int,
        edge_features: int = 0,
        num_classes: int = 10,
        *,
        hidden: int = 48,
        depth: int = 3,
    ) -> None:
        super().__init__()
        self.normalise = BatchRows(in_features)
        self.embed = nn.Linear(in_features, hidden)
        self.convs = nn.ModuleList(
            GCNConv(hidden, hidden, bias=False, normalize=False) for _ in range(depth)
        )
        self.norms = nn.ModuleList(BatchRows(hidden) for _ in range(depth))
        self.head = nn.Linear(2 * hidden, num_classes)

    def forward(self, graph: Any) -> Tensor:
        """Logits of a batch of graphs."""
        edge_index, _ = add_self_loops(graph.edge_index, num_nodes=graph.num_nodes)
        scale = degree(edge_index[1], graph.num_nodes, graph.x.dtype).rsqrt()[:, None]
        hidden = F.relu(self.embed(self.normalise(graph.x)))
        for conv, norm in zip(self.convs, self.norms, strict=True):
            hidden = hidden + F.relu(norm(scale * conv(scale * hidden, edge_index)))
        size = graph.num_graphs
        pooled = [pool(hidden, graph.batch, size) for pool in (global_mean_pool, global_max_pool)]
        logits: Tensor = self.head(torch.cat(pooled, dim=1))
        return logits
