"""Graph attention on superpixels, with edge features."""

from typing import Any, Literal

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch_geometric.nn import GATv2Conv, global_max_pool, global_mean_pool

from graphvision.models.registry import register
from graphvision.models.row_norm import BatchRows


@register("gatv2")
class GATv2(nn.Module):
    """Three layers of graph attention with residuals, then mean and max over the nodes.

    ``n_i ← n_i + ReLU(norm(Σ_j softmax_j(aᵀ LeakyReLU(W n_i + V n_j + U e_ji)) V n_j))``.

    Args:
        in_features: features per node, ≥ 1.
        edge_features: features per edge, ≥ 0; without any, attention looks at the nodes only.
        num_classes: number of logits, ≥ 1.
        hidden: features per node inside, a multiple of ``heads``.
        heads: attention heads, ≥ 1.
        depth: number of layers, ≥ 1.

    Example:
        >>> GATv2(in_features=3, edge_features=2).input_kind
        'graph'

    Source:
        Brody, Alon and Yahav, How attentive are graph attention networks?, 2022, equation 7;
        ``torch_geometric.nn.GATv2Conv``.
    """

    input_kind: Literal["graph"] = "graph"

    def __init__(
        self,
        in_features: int,
        edge_features: int = 0,
        num_classes: int = 10,
        *,
        hidden: int = 48,
        heads: int = 4,
        depth: int = 3,
    ) -> None:
        super().__init__()
        if hidden % heads:
            raise ValueError(f"`hidden` must be a multiple of `heads` ({heads}), got {hidden}")
        self.normalise = BatchRows(in_features)
        self.normalise_edges = BatchRows(edge_features) if edge_features else None
        self.embed = nn.Linear(in_features, hidden)
        self.convs = nn.ModuleList(
            GATv2Conv(
                hidden, hidden // heads, heads, edge_dim=edge_features or None, fill_value=0.0
            )
            for _ in range(depth)
        )
        self.norms = nn.ModuleList(BatchRows(hidden) for _ in range(depth))
        self.head = nn.Linear(2 * hidden, num_classes)

    def forward(self, graph: Any) -> Tensor:
        """Logits of a batch of graphs."""
        edges = self.normalise_edges(graph.edge_attr) if self.normalise_edges else None
        hidden = F.relu(self.embed(self.normalise(graph.x)))
        for conv, norm in zip(self.convs, self.norms, strict=True):
            hidden = hidden + F.relu(norm(conv(hidden, graph.edge_index, edges)))
        size = graph.num_graphs
        pooled = [pool(hidden, graph.batch, size) for pool in (global_mean_pool, global_max_pool)]
        logits: Tensor = self.head(torch.cat(pooled, dim=1))
        return logits
