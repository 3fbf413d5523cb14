"""Rows of the contract of registered ops: attention, softmax and two-layer messages."""

from functools import partial

import torch

from graphvision.kernels.attention import _ops as attention_ops
from graphvision.kernels.attention import dot_attention, gat_attention
from graphvision.kernels.edge_mlp import _ops as mlp_ops
from graphvision.kernels.edge_mlp import mlp_extreme, mlp_sum

random = partial(torch.randn, dtype=torch.float64)


def nodes_and_edges(csr, channels):
    """Sources, targets, features of edges and their matrix."""
    shapes = ((csr.num_sources, channels), (csr.num_targets, channels))
    return *(random(s) for s in shapes), random(csr.col.shape[0], 3), random(channels, 3) / 2


def gat(csr, source, target, edge, edge_weight, vector, backend="auto"):
    options = {"edge": edge, "edge_weight": edge_weight, "backend": backend}
    return gat_attention(target, source, vector, csr, **options)


def gat_tensors(csr, channels):
    return *nodes_and_edges(csr, channels), random(2, channels // 2)


def gat_ops(csr, source, target, *rest):
    args = (target, source, *rest, 0.2, csr.rowptr, csr.col)
    out, share = attention_ops.GAT(*args)
    back = (out, target, source, *rest, share, *csr.both_ways, 0.2, True)
    return [(attention_ops.GAT, args), (attention_ops.GAT_BACKWARD, back)]


def dot(csr, key, query, edge, edge_weight, value, backend="auto"):
    options = {"heads": 2, "edge": edge, "edge_weight": edge_weight, "backend": backend}
    return dot_attention(query, key, value, csr, **options)


def dot_tensors(csr, channels):
    return *nodes_and_edges(csr, channels), random(csr.num_sources, channels)


def dot_ops(csr, key, query, edge, edge_weight, value):
    given = (query, key, value, edge, edge_weight)
    args = (*given, 2, 0.5, csr.rowptr, csr.col)
    out, share = attention_ops.DOT(*args)
    back = (out, *given, share, *csr.both_ways, 0.5, True)
    return [(attention_ops.DOT, args), (attention_ops.DOT_BACKWARD, back)]


def network_sum(csr, source, target, edge, edge_weight, backend="auto"):
    options = {"edge": edge, "edge_weight": edge_weight, "backend": backend}
    return mlp_sum(target, source, csr, activation="gelu", **options)


def sum_ops(csr, source, target, *rest):
    args = (target, source, *rest, "gelu", 0.0, csr.rowptr, csr.col)
    back = (target, target, source, *rest, *csr.both_ways, "gelu", 0.0, True)
    return [(mlp_ops.SUM, args), (mlp_ops.SUM_BACKWARD, back)]


def network_extreme(csr, source, target, edge, edge_weight, weight, backend="auto"):
    options = {"edge": edge, "edge_weight": edge_weight, "backend": backend}
    return mlp_extreme(target, source, weight, csr, activation="silu", **options)


def extreme_tensors(csr, channels):
    return *nodes_and_edges(csr, channels), random(channels, channels)


def extreme_ops(csr, source, target, *rest):
    edges = (csr.rowptr, csr.col)
    args = (target, source, *rest, "silu", 0.0, "max", "even", *edges)
    out, wins = mlp_ops.EXTREME(*args)
    back = (out, target, source, *rest, wins, *csr.both_ways, "silu", 0.0, True)
    return [(mlp_ops.EXTREME, args), (mlp_ops.EXTREME_BACKWARD, back)]


ROWS = [
    ("gat_attention", gat, gat_tensors, gat_ops),
    ("dot_attention", dot, dot_tensors, dot_ops),
    ("edge_mlp sum", network_sum, nodes_and_edges, sum_ops),
    ("edge_mlp max", network_extreme, extreme_tensors, extreme_ops),
]
