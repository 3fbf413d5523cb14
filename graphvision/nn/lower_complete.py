"""Attention on all pairs of tokens: torch's ``scaled_dot_product_attention``."""

from typing import TYPE_CHECKING

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from graphvision.graphs.topology import Topology
from graphvision.nn.lower_attention import DOT_PRODUCTS
from graphvision.nn.plan import Lowering, Nodes, Request
from graphvision.nn.psi import ScaledDotProduct
from graphvision.nn.psi.mlp import required_targets

if TYPE_CHECKING:
    from graphvision.nn.message_passing import MessagePassing


def attention(request: Request) -> Lowering | str:
    """ψ = (value, scaled product of query and key), maybe with a bias per edge."""
    psi = request.layer.psi
    if request.topology.complete is None:
        return "the topology is not complete"
    if type(psi) not in DOT_PRODUCTS:
        return "ψ is neither DotProductAttention nor ScaledDotProduct"
    if psi.edge is not None:
        return "edges have features of their own"
    if request.aggregators != ("sum",):
        return "⊕ is not sum"
    if request.has_edge_attr and type(psi) is not ScaledDotProduct:
        return "edge_attr is given to a ψ that reads none"
    reason = "products of all queries and keys, softmax over all senders"
    return Lowering("scaled dot-product attention", reason, _run)


def _run(
    layer: "MessagePassing", nodes: Nodes, topology: Topology, edge_attr: Tensor | None
) -> Tensor:
    psi, blocks = layer.psi, topology.complete
    assert isinstance(psi, DOT_PRODUCTS), "planned for products of queries and keys only"
    assert blocks is not None, "planned for complete topologies only"

    def by_head(x: Tensor, tokens: int) -> Tensor:
        width = x.shape[1] // psi.heads
        return x.view(blocks.batch, tokens, psi.heads, width).transpose(1, 2)

    query = psi.query(required_targets(nodes.target))
    key, value = psi.key(nodes.source), psi.value(nodes.source)
    if edge_attr is not None:
        pairs = (blocks.batch, blocks.num_targets, blocks.num_sources, -1)
        edge_attr = edge_attr.reshape(pairs).permute(0, 3, 1, 2).to(query.dtype)
    out = F.scaled_dot_product_attention(
        by_head(query, blocks.num_targets),
        by_head(key, blocks.num_sources),
        by_head(value, blocks.num_sources),
        edge_attr,
        psi.dropout if isinstance(psi, ScaledDotProduct) and psi.drops else 0.0,
        scale=psi.scale,
    )
    return out.transpose(1, 2).reshape(topology.num_targets, -1)
