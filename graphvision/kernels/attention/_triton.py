"""Attention on the GPU: logits, softmax and sum of a target in one kernel, without atomics.

As on the CPU no number per edge and channel is stored, and per edge and head the share is kept.
While a kernel runs there are two more numbers per edge and head, in float32.
"""

from typing import Any

import torch
from torch import Tensor

from graphvision.kernels._triton_edges import feature_map
from graphvision.kernels._triton_tiles import cdiv, launch, tile
from graphvision.kernels.attention._triton_edges import edge_grads
from graphvision.kernels.attention._triton_rows import attend_rows, grad_rows, grad_sources
from graphvision.kernels.gather._triton_weighted import gather_weighted

_PER_LANE = 4  # edges: a step has a sum over channels and an exponential in it


def _attend(
    tensors: tuple[Tensor, Tensor, Tensor], edge: Tensor | None, edge_weight: Tensor | None,
    vector: Tensor | None, heads: int, factor: float, rowptr: Tensor, col: Tensor,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    query = tensors[0]
    rows, edges, width = query.shape[0], col.shape[0], query.shape[1] // heads
    feature, matrix, size = feature_map(edge, edge_weight, query)
    out, share = query.new_empty(query.shape), query.new_empty(edges, heads)
    logits = query.new_empty(edges, heads, dtype=torch.float32)
    cut = tile(rows, edges, query, heads, per_lane=_PER_LANE)
    launch(
        attend_rows, (*cut.grid(rows, cdiv(heads, cut.heads))[:2], 1), *tensors, feature, matrix,
        query if vector is None else vector, rowptr, col, logits, share, out, rows, factor,
        HEADS=heads, WIDTH=width, SIZE=size, ADDITIVE=vector is not None, H=cut.heads, **cut.sizes,
    )  # fmt: skip
    return out, share


def _grad_rows(
    grad: Tensor, tensors: tuple[Tensor, Tensor, Tensor], edge: Tensor | None,
    edge_weight: Tensor | None, vector: Tensor | None, share: Tensor, factor: float,
    rowptr: Tensor, col: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """Gradients of the logits (times the scale), the query and the vector."""
    query, heads = tensors[0], share.shape[1]
    rows, edges, channels = query.shape[0], col.shape[0], query.shape[1]
    feature, matrix, size = feature_map(edge, edge_weight, query)
    products = torch.empty_like(share, dtype=torch.float32)
    grad_logit, grad_query = torch.empty_like(products), query.new_empty(query.shape)
    cut = tile(rows, edges, query, heads, per_lane=_PER_LANE)
    grid = (*cut.grid(rows, cdiv(heads, cut.heads))[:2], 1)
    sums = products
    if vector is not None:
        sums = query.new_empty(grid[0], channels, dtype=torch.float32)
    launch(
        grad_rows, grid, grad, *tensors, feature, matrix, query if vector is None else vector,
        share, rowptr, col, products, grad_logit, grad_query, sums, rows, factor, HEADS=heads,
        WIDTH=channels // heads, SIZE=size, ADDITIVE=vector is not None, H=cut.heads, **cut.sizes,
    )  # fmt: skip
    return grad_logit, grad_query, sums.sum(0)


def _edge_grads(
    grad: Tensor, query: Tensor, key: Tensor, edge: Tensor | None, edge_weight: Tensor | None,
    vector: Tensor | None, *rest: Any,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    if edge is None or edge_weight is None:
        return query.new_empty(0), query.new_empty(0)
    return edge_grads(grad, query, key, edge, edge_weight.T.contiguous(), vector, *rest)


def gat_attention(
    target: Tensor, source: Tensor, edge: Tensor | None, edge_weight: Tensor | None,
    vector: Tensor, slope: float, rowptr: Tensor, col: Tensor,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """See :func:`graphvision.kernels.attention.gat_attention`; the shares too."""
    tensors, heads = (target, source, source), vector.shape[0]
    return _attend(tensors, edge, edge_weight, vector, heads, slope, rowptr, col)


def gat_attention_backward(
    grad: Tensor, target: Tensor, source: Tensor, edge: Tensor | None,
    edge_weight: Tensor | None, vector: Tensor, share: Tensor, rowptr: Tensor, col: Tensor,
    back_rowptr: Tensor, back_col: Tensor, order: Tensor, slope: float, to_edge: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """Gradients of target, source, edge (empty unless ``to_edge``), edge_weight and vector."""
    edges = (edge, edge_weight, vector, share)
    grad_logit, grad_target, grad_vector = _grad_rows(
        grad, (target, source, source), *edges, slope, rowptr, col
    )
    grad_edge, grad_weight = _edge_grads(
        grad, target, source, *edges, grad_logit, rowptr, col, slope, to_edge
    )
    feature, matrix, size = feature_map(edge, edge_weight, source)
    rows, (heads, width) = source.shape[0], vector.shape
    cut = tile(rows, col.shape[0], source, heads, per_lane=_PER_LANE)
    grad_source = source.new_empty(source.shape)
    launch(
        grad_sources, (*cut.grid(rows, cdiv(heads, cut.heads))[:2], 1), grad, target, source,
        feature, matrix, vector, share, grad_logit, back_rowptr, back_col, order, grad_source,
        rows, slope, HEADS=heads, WIDTH=width, SIZE=size, H=cut.heads, **cut.sizes,
    )  # fmt: skip
    grad_vector = grad_vector.to(vector.dtype).view(vector.shape)
    return grad_target, grad_source, grad_edge, grad_weight, grad_vector


def dot_attention(
    query: Tensor, key: Tensor, value: Tensor, edge: Tensor | None, edge_weight: Tensor | None,
    heads: int, scale: float, rowptr: Tensor, col: Tensor,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """See :func:`graphvision.kernels.attention.dot_attention`; the shares too."""
    return _attend((query, key, value), edge, edge_weight, None, heads, scale, rowptr, col)


def dot_attention_backward(
    grad: Tensor, query: Tensor, key: Tensor, value: Tensor, edge: Tensor | None,
    edge_weight: Tensor | None, share: Tensor, rowptr: Tensor, col: Tensor, back_rowptr: Tensor,
    back_col: Tensor, order: Tensor, scale: float, to_edge: bool,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """Gradients of query, key, value, edge (empty unless ``to_edge``) and edge_weight."""
    edges = (edge, edge_weight, None, share)
    grad_logit, grad_query, _ = _grad_rows(
        grad, (query, key, value), *edges, scale, rowptr, col
    )  # fmt: skip
    grad_edge, grad_weight = _edge_grads(
        grad, query, key, *edges, grad_logit, rowptr, col, scale, to_edge
    )
    grad_key = gather_weighted(query, back_rowptr, back_col, grad_logit, order)
    grad_value = gather_weighted(grad, back_rowptr, back_col, share, order)
    return grad_query, grad_key, grad_value, grad_edge, grad_weight
