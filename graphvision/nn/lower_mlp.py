"""Messages of a small network on any topology: its linear layers move to the nodes."""

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from graphvision.graphs.topology import Topology
from graphvision.kernels.edge_mlp import mlp_extreme, mlp_sum
from graphvision.nn import aggregators
from graphvision.nn.lower_csr import edge_argument
from graphvision.nn.plan import Lowering, Nodes, Request
from graphvision.nn.psi import MLP
from graphvision.nn.psi.mlp import required_edge_features, required_targets

if TYPE_CHECKING:
    from graphvision.nn.message_passing import MessagePassing

_KNOWN: dict[type[nn.Module], str] = {
    nn.ReLU: "relu",
    nn.LeakyReLU: "leaky_relu",
    nn.GELU: "gelu",
    nn.SiLU: "silu",
    nn.Tanh: "tanh",
}


def split(request: Request) -> Lowering | str:
    """ψ = W₂ act(A n_i + B n_j + C e_ji): A and B on nodes, W₂ after the sum where it can be."""
    psi, names = request.layer.psi, request.aggregators
    if type(psi) is not MLP:
        return "ψ is not an MLP"
    if names is None or not set(names) <= {"sum", "mean", "max", "min"}:
        return "⊕ is not among sum, mean, max, min"
    layers = [type(layer) for layer in psi.net]
    if len(layers) != 3 or layers[::2] != [nn.Linear, nn.Linear]:
        return "its network is not linear, activation, linear any more"
    act = psi.activation
    if type(act) not in _KNOWN or getattr(act, "approximate", "none") != "none":
        return f"the activation {act} has no kernel"
    after = set(names) <= {"sum", "mean"}
    where = "the last layer after the sum" if after else "the last layer in tiles of edges"
    reason = f"the first layer is a sum of terms of n_i, n_j and e_ji, computed per node; {where}"
    return Lowering("split network", reason, _split, op="edge_mlp")


def _split(
    layer: "MessagePassing", nodes: Nodes, topology: Topology, edge_attr: Tensor | None
) -> Tensor:
    psi, csr = layer.psi, topology.edges.csr
    assert isinstance(psi, MLP), "planned for an MLP only"
    source, target = nodes.source, required_targets(nodes.target)
    options: dict[str, Any] = {"activation": _KNOWN[type(psi.activation)], "backend": layer.backend}
    if isinstance(psi.activation, nn.LeakyReLU):
        options["slope"] = psi.activation.negative_slope
    of_target, of_source, of_edge = _first_layer(psi, target, source)
    if psi.edge_channels:
        argument = edge_argument(topology, edge_attr)
        options["edge"] = required_edge_features(argument, source, psi.edge_channels)
        options["edge_weight"] = of_edge
    terms = linear(target, of_target, psi.first.bias), linear(source, of_source)
    names, parts = layer.aggregators or (), []
    total = mlp_sum(*terms, csr, **options) if {"sum", "mean"} & set(names) else terms[0]
    for name in names:
        if name in ("max", "min"):
            ties = aggregators.ties(topology)
            found = mlp_extreme(*terms, psi.last.weight, csr, reduce=name, ties=ties, **options)
            if psi.last.bias is not None:
                found = found + psi.last.bias * (csr.degree > 0).unsqueeze(1)
            parts.append(aggregators.fill_empty(found, topology, name))
        else:
            parts.append(_last_layer(psi.last, total, csr.degree, name))
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=-1)


def _first_layer(psi: MLP, target: Tensor, source: Tensor) -> tuple[Tensor, ...]:
    widths = [target.shape[1], source.shape[1], psi.edge_channels]
    if sum(widths) != psi.first.in_features:
        each = (psi.first.in_features - psi.edge_channels) // 2
        raise ValueError(f"`x` must have {each} channels, got {widths[0]} and {widths[1]}")
    parts: tuple[Tensor, ...] = psi.first.weight.split(widths, dim=1)
    return parts


def _last_layer(last: nn.Linear, total: Tensor, degree: Tensor, name: str) -> Tensor:
    """W₂ and its bias once per message, after the sum; once in all for the mean."""
    count = degree.to(total.dtype).unsqueeze(1)
    if name == "mean":
        total, count = total / count.clamp(min=1), (count > 0).to(total.dtype)
    out = linear(total, last.weight)
    return out if last.bias is None else out + last.bias * count
