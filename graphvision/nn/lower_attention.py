"""Attention on any topology: linear maps of the nodes, then one fused pass over the rows."""

from typing import TYPE_CHECKING, Any

from torch import Tensor

from graphvision.graphs.topology import Topology
from graphvision.kernels.attention import dot_attention, gat_attention
from graphvision.nn.lower_csr import edge_argument
from graphvision.nn.plan import Lowering, Nodes, Request
from graphvision.nn.psi import DotProductAttention, GATAttention, ScaledDotProduct
from graphvision.nn.psi.mlp import required_edge_features, required_targets

if TYPE_CHECKING:
    from graphvision.nn.message_passing import MessagePassing

DOT_PRODUCTS = (DotProductAttention, ScaledDotProduct)


def attention(request: Request) -> Lowering | str:
    """ψ = (value, logit) of maps of n_i, n_j and e_ji that are linear before the logit's form."""
    psi = type(request.layer.psi)
    if psi not in (GATAttention, *DOT_PRODUCTS):
        return "ψ is neither GATAttention, DotProductAttention nor ScaledDotProduct"
    if request.aggregators != ("sum",):
        return "⊕ is not sum"
    if psi is ScaledDotProduct and request.has_edge_attr:
        return "edges add to the logits"
    if psi is ScaledDotProduct and request.layer.psi.drops:
        return "edges fall silent"
    run, op = (_gat, "gat_attention") if psi is GATAttention else (_dot, "dot_attention")
    reason = "logits of linear maps of the nodes: mapped once per node, softmax within rows"
    return Lowering("fused attention", reason, run, op=op)


def _edge(
    psi: GATAttention | DotProductAttention | ScaledDotProduct,
    x: Tensor,
    topology: Topology,
    attr: Tensor | None,
) -> dict[str, Any]:
    if psi.edge is None:
        return {}
    edge = required_edge_features(edge_argument(topology, attr), x, psi.edge_channels)
    return {"edge": edge, "edge_weight": psi.edge.weight}


def _gat(
    layer: "MessagePassing", nodes: Nodes, topology: Topology, edge_attr: Tensor | None
) -> Tensor:
    psi = layer.psi
    assert isinstance(psi, GATAttention), "planned for GATAttention only"
    target = psi.target(required_targets(nodes.target))
    return gat_attention(
        target,
        psi.source(nodes.source),
        psi.vector,
        topology.edges.csr,
        slope=psi.slope,
        backend=layer.backend,
        **_edge(psi, nodes.source, topology, edge_attr),
    )


def _dot(
    layer: "MessagePassing", nodes: Nodes, topology: Topology, edge_attr: Tensor | None
) -> Tensor:
    psi = layer.psi
    assert isinstance(psi, DOT_PRODUCTS), "planned for products of queries and keys only"
    query = psi.query(required_targets(nodes.target))
    return dot_attention(
        query,
        psi.key(nodes.source),
        psi.value(nodes.source),
        topology.edges.csr,
        heads=psi.heads,
        scale=psi.scale,
        backend=layer.backend,
        **_edge(psi, nodes.source, topology, edge_attr),
    )
