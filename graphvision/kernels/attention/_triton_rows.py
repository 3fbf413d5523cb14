"""Attention over rows of edges on the GPU: the kernels of both kinds, one pass over targets each.

``ADDITIVE``: logits ``aᵀ LeakyReLU(q_i + k_j + W e)`` and values ``k_j``; ``factor`` is the slope.
Else: logits ``q_i · (k_j + W e) · factor`` and values ``v_j + W e``.
"""

import triton
import triton.language as tl

from graphvision.kernels._triton_rows import (
    edges_at,
    factors_of,
    heads_of,
    plus_edge,
    row_ends,
    store_factors,
)
from graphvision.kernels.softmax._triton import merged, online


@triton.jit(do_not_specialize=["rows", "factor"])
def attend_rows(
    query: tl.tensor, key: tl.tensor, value: tl.tensor, edge: tl.tensor, weight: tl.tensor,
    vector: tl.tensor, rowptr: tl.tensor, col: tl.tensor, logits: tl.tensor, share: tl.tensor,
    out: tl.tensor, rows: tl.tensor, factor: tl.tensor, HEADS: tl.constexpr, WIDTH: tl.constexpr,
    SIZE: tl.constexpr, ADDITIVE: tl.constexpr, M: tl.constexpr, L: tl.constexpr, H: tl.constexpr,
    W: tl.constexpr,
) -> None:  # fmt: skip
    """Logits, softmax and weighted sum of a row; its shares at the end, from the logits."""
    i = tl.program_id(0) * M + tl.arange(0, M)
    h = tl.program_id(1) * H + tl.arange(0, H)
    w = tl.arange(0, W)
    first, last = row_ends(rowptr, i, rows, 0, 1)
    longest = tl.max(last - first)
    c = h[:, None] * WIDTH + w[None, :]
    inside = (h < HEADS)[:, None] & (w < WIDTH)[None, :]
    q = heads_of(query, i[:, None], h, w, (i < rows)[:, None], HEADS, WIDTH)
    a = tl.load(vector + c, inside, 0.0).to(tl.float32)[None, None, :, :] if ADDITIVE else q
    top = tl.full((M, L, H), float("-inf"), tl.float32)
    total = tl.zeros((M, L, H), tl.float32)
    acc = tl.zeros((M, L, H, W), tl.float32)
    for start in range(0, longest, L):
        e, live = edges_at(first, last, start, L)
        j = tl.load(col + e, live, 0)
        k = heads_of(key, j, h, w, live, HEADS, WIDTH)
        z = plus_edge(k, edge, weight, e, h, w, live, HEADS, WIDTH, SIZE)
        if ADDITIVE:
            v = k
            z += q
            logit = tl.sum(a * tl.where(z > 0, z, z * factor), 3)
        else:
            v = heads_of(value, j, h, w, live, HEADS, WIDTH)
            v = plus_edge(v, edge, weight, e, h, w, live, HEADS, WIDTH, SIZE)
            logit = tl.sum(q * z, 3) * factor
        store_factors(logits, e, h, live, logit, HEADS)
        logit = tl.where(live[:, :, None], logit, float("-inf"))
        top, total, shrink, term = online(top, total, logit)
        acc = acc * shrink[:, :, :, None] + term[:, :, :, None] * v
    base, total, shrink = merged(top, total)
    acc = tl.sum(acc * shrink[:, :, :, None], 1) / total[:, :, None]
    acc = tl.where((last > first)[:, None, None], acc, 0.0)
    place = i.to(tl.int64)[:, None, None] * (HEADS * WIDTH) + c[None, :, :]
    tl.store(out + place, acc, (i < rows)[:, None, None] & inside[None, :, :])
    tl.debug_barrier()  # other threads of the program wrote the logits
    for start in range(0, longest, L):
        e, live = edges_at(first, last, start, L)
        logit = factors_of(logits, e, h, live, HEADS)
        part = tl.exp(logit - base[:, None, :]) / total[:, None, :]
        store_factors(share, e, h, live, part, HEADS)


@triton.jit(do_not_specialize=["rows", "factor"])
def grad_rows(
    grad: tl.tensor, query: tl.tensor, key: tl.tensor, value: tl.tensor, edge: tl.tensor,
    weight: tl.tensor, vector: tl.tensor, share: tl.tensor, rowptr: tl.tensor, col: tl.tensor,
    products: tl.tensor, grad_logit: tl.tensor, grad_query: tl.tensor, sums: tl.tensor,
    rows: tl.tensor, factor: tl.tensor, HEADS: tl.constexpr, WIDTH: tl.constexpr,
    SIZE: tl.constexpr, ADDITIVE: tl.constexpr, M: tl.constexpr, L: tl.constexpr, H: tl.constexpr,
    W: tl.constexpr,
) -> None:  # fmt: skip
    """Gradients of a row's logits and query, and what its program gives to the vector."""
    i = tl.program_id(0) * M + tl.arange(0, M)
    h = tl.program_id(1) * H + tl.arange(0, H)
    w = tl.arange(0, W)
    first, last = row_ends(rowptr, i, rows, 0, 1)
    longest = tl.max(last - first)
    g = heads_of(grad, i[:, None], h, w, (i < rows)[:, None], HEADS, WIDTH)
    mean = tl.zeros((M, L, H), tl.float32)
    for start in range(0, longest, L):
        e, live = edges_at(first, last, start, L)
        v = heads_of(value, tl.load(col + e, live, 0), h, w, live, HEADS, WIDTH)
        if not ADDITIVE:
            v = plus_edge(v, edge, weight, e, h, w, live, HEADS, WIDTH, SIZE)
        product = tl.sum(g * v, 3)
        store_factors(products, e, h, live, product, HEADS)
        mean += factors_of(share, e, h, live, HEADS) * product
    middle = tl.sum(mean, 1)[:, None, :]
    tl.debug_barrier()  # other threads of the program wrote the products
    acc = tl.zeros((M, L, H, W), tl.float32)
    if ADDITIVE:
        q = heads_of(query, i[:, None], h, w, (i < rows)[:, None], HEADS, WIDTH)
        bent = tl.zeros((M, L, H, W), tl.float32)
    for start in range(0, longest, L):
        e, live = edges_at(first, last, start, L)
        step = factors_of(share, e, h, live, HEADS)
        step *= factors_of(products, e, h, live, HEADS) - middle
        if not ADDITIVE:
            step *= factor
        store_factors(grad_logit, e, h, live, step, HEADS)
        z = heads_of(key, tl.load(col + e, live, 0), h, w, live, HEADS, WIDTH)
        z = plus_edge(z, edge, weight, e, h, w, live, HEADS, WIDTH, SIZE)
        if ADDITIVE:
            z += q
            slopes = step[:, :, :, None] * tl.where(z > 0, 1.0, factor)
            acc += slopes
            bent += slopes * z
        else:
            acc += step[:, :, :, None] * z
    c = h[:, None] * WIDTH + w[None, :]
    inside = (h < HEADS)[:, None] & (w < WIDTH)[None, :]
    found = tl.sum(acc, 1)
    if ADDITIVE:
        found *= tl.load(vector + c, inside, 0.0).to(tl.float32)[None, :, :]
        place = tl.program_id(0).to(tl.int64) * (HEADS * WIDTH) + c
        tl.store(sums + place, tl.sum(tl.sum(bent, 1), 0), inside)
    place = i.to(tl.int64)[:, None, None] * (HEADS * WIDTH) + c[None, :, :]
    tl.store(grad_query + place, found, (i < rows)[:, None, None] & inside[None, :, :])


@triton.jit(do_not_specialize=["rows", "slope"])
def grad_sources(
    grad: tl.tensor, target: tl.tensor, source: tl.tensor, edge: tl.tensor, weight: tl.tensor,
    vector: tl.tensor, share: tl.tensor, grad_logit: tl.tensor, rowptr: tl.tensor, row: tl.tensor,
    order: tl.tensor, grad_source: tl.tensor, rows: tl.tensor, slope: tl.tensor,
    HEADS: tl.constexpr, WIDTH: tl.constexpr, SIZE: tl.constexpr, M: tl.constexpr, L: tl.constexpr,
    H: tl.constexpr, W: tl.constexpr,
) -> None:  # fmt: skip
    """The gradient of additive attention's sources, over the reversed edges."""
    j = tl.program_id(0) * M + tl.arange(0, M)
    h = tl.program_id(1) * H + tl.arange(0, H)
    w = tl.arange(0, W)
    first, last = row_ends(rowptr, j, rows, 0, 1)
    c = h[:, None] * WIDTH + w[None, :]
    inside = (h < HEADS)[:, None] & (w < WIDTH)[None, :]
    s = heads_of(source, j[:, None], h, w, (j < rows)[:, None], HEADS, WIDTH)
    a = tl.load(vector + c, inside, 0.0).to(tl.float32)[None, None, :, :]
    acc = tl.zeros((M, L, H, W), tl.float32)
    for start in range(0, tl.max(last - first), L):
        t, live = edges_at(first, last, start, L)
        i, e = tl.load(row + t, live, 0), tl.load(order + t, live, 0)
        z = s + heads_of(target, i, h, w, live, HEADS, WIDTH)
        z = plus_edge(z, edge, weight, e, h, w, live, HEADS, WIDTH, SIZE)
        step = factors_of(grad_logit, e, h, live, HEADS)[:, :, :, None]
        acc += a * tl.where(z > 0, 1.0, slope) * step
        g = heads_of(grad, i, h, w, live, HEADS, WIDTH)
        acc += factors_of(share, e, h, live, HEADS)[:, :, :, None] * g
    place = j.to(tl.int64)[:, None, None] * (HEADS * WIDTH) + c[None, :, :]
    tl.store(
        grad_source + place, tl.sum(acc, 1), (j < rows)[:, None, None] & inside[None, :, :]
    )  # fmt: skip
