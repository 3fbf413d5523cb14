import math

import pytest
import torch
from torch_geometric.nn import GATv2Conv, TransformerConv

from graphvision.kernels import BackendUnavailable
from graphvision.kernels.attention import _ops, dot_attention, gat_attention
from graphvision.kernels.gather import Csr
from tests.kernels.csr_cases import random_csr, relative

BACKENDS = ("reference", "numba")
TYPES = [(torch.float32, 1e-5), (torch.float64, 1e-12)]


def inputs(csr, heads, width, *, dtype=torch.float64, edge=True, kind="gat"):
    rows = [csr.num_targets, csr.num_sources]
    rows += [csr.num_sources] if kind == "dot" else []
    shapes = [(n, heads * width) for n in rows]
    shapes += [(heads, width)] if kind == "gat" else []
    shapes += [(len(csr.col), 3), (heads * width, 3)] if edge else []
    return [torch.randn(shape, dtype=dtype, requires_grad=True) for shape in shapes]


def run(kind, csr, heads, tensors, backend):
    first, rest = tensors[:3], tensors[3:]
    options = {"backend": backend}
    if rest:
        options |= {"edge": rest[0], "edge_weight": rest[1]}
    if kind == "dot":
        return dot_attention(*first, csr, heads=heads, **options)
    return gat_attention(*first, csr, **options)


@pytest.mark.parametrize("kind", ["gat", "dot"])
@pytest.mark.parametrize("edge", [False, True])
@pytest.mark.parametrize(("heads", "width"), [(1, 1), (4, 16), (3, 5), (2, 8)])
@pytest.mark.parametrize(("dtype", "bound"), TYPES)
def test_matches_reference(kind, edge, heads, width, dtype, bound):
    csr = random_csr(0)
    tensors = inputs(csr, heads, width, dtype=dtype, edge=edge, kind=kind)
    exact = [t.detach().double().requires_grad_() for t in tensors]
    want, got = (
        run(kind, csr, heads, given, backend)
        for given, backend in ((exact, "reference"), (tensors, "numba"))
    )
    grad = torch.randn_like(want)
    want_grads = torch.autograd.grad(want, exact, grad)
    got_grads = torch.autograd.grad(got, tensors, grad.to(dtype))
    assert got.dtype == dtype
    for g, w in zip((got, *got_grads), (want, *want_grads), strict=True):
        assert relative(g, w) <= bound


@pytest.mark.parametrize("backend", BACKENDS)
def test_gat_matches_oracle(backend):
    csr = random_csr(1, num_targets=13, num_sources=13)
    conv = GATv2Conv(6, 4, heads=3, edge_dim=2, add_self_loops=False, negative_slope=0.3).double()
    x, attr = torch.randn(13, 6, dtype=torch.float64), torch.randn(60, 2, dtype=torch.float64)
    want = conv(x, torch.stack([csr.col.long(), csr.row]), attr)
    got = gat_attention(
        conv.lin_r(x), conv.lin_l(x), conv.att[0], csr,
        edge=attr, edge_weight=conv.lin_edge.weight, slope=0.3, backend=backend,
    )  # fmt: skip
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_dot_matches_oracle(backend):
    csr = random_csr(1, num_targets=13, num_sources=13)
    conv = TransformerConv(6, 4, heads=3, edge_dim=2, root_weight=False).double()
    x, attr = torch.randn(13, 6, dtype=torch.float64), torch.randn(60, 2, dtype=torch.float64)
    want = conv(x, torch.stack([csr.col.long(), csr.row]), attr)
    got = dot_attention(
        conv.lin_query(x), conv.lin_key(x), conv.lin_value(x), csr,
        heads=3, edge=attr, edge_weight=conv.lin_edge.weight, backend=backend,
    )  # fmt: skip
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_dot_on_a_complete_graph_is_torchs(backend):
    n, heads = 7, 2
    q, k, v = torch.randn(3, n, 8, dtype=torch.float64)
    pairs = torch.cartesian_prod(torch.arange(n), torch.arange(n)).T
    csr = Csr.from_sorted(pairs[0], pairs[1], n, n)
    split = [t.view(n, heads, -1).transpose(0, 1) for t in (q, k, v)]
    want = torch.nn.functional.scaled_dot_product_attention(*split).transpose(0, 1).flatten(1)
    got = dot_attention(q, k, v, csr, heads=heads, backend=backend)
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)
    cold = dot_attention(q, k, v, csr, heads=heads, scale=0.0, backend=backend)
    torch.testing.assert_close(cold, v.mean(0).expand(n, -1), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", ["gat", "dot"])
def test_gradients(kind, backend):
    csr = random_csr(2, num_targets=6, num_sources=5, edges=14)
    tensors = inputs(csr, 2, 3, kind=kind)
    assert torch.autograd.gradcheck(lambda *t: run(kind, csr, 2, t, backend), tensors)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", ["gat", "dot"])
def test_edge_cases(kind, backend):
    none = Csr(torch.tensor([0, 0, 0]), torch.empty(0, dtype=torch.long), num_sources=1)
    tensors = inputs(none, 2, 3, kind=kind)
    out = run(kind, none, 2, tensors, backend)
    assert out.shape == (2, 6)
    assert not out.any()
    assert all(not g.any() for g in torch.autograd.grad(out.sum(), tensors))
    nothing = Csr(torch.tensor([0]), torch.empty(0, dtype=torch.long), num_sources=0)
    assert run(kind, nothing, 2, inputs(nothing, 2, 3, kind=kind), backend).shape == (0, 6)
    csr = random_csr(3)
    tensors = inputs(csr, 2, 3, kind=kind, edge=False)
    strided = [t.detach().T.contiguous().T for t in tensors]
    want = run(kind, csr, 2, tensors, "reference")
    torch.testing.assert_close(run(kind, csr, 2, strided, backend), want)
    tensors[1].data[csr.col[0]] = math.nan
    rows = run(kind, csr, 2, tensors, backend).isnan().any(1)
    assert rows.equal(torch.zeros(17).index_add(0, csr.row, (csr.col == csr.col[0]).float()) > 0)


@pytest.mark.parametrize("kind", ["gat", "dot"])
def test_same_bits_for_any_thread_count(kind):
    csr = random_csr(4, num_targets=5000, num_sources=3000, edges=60_000)
    bits = []
    for count in (1, 2, 3):
        torch.manual_seed(0)
        torch.set_num_threads(count)
        tensors = inputs(csr, 3, 4, dtype=torch.float32, kind=kind)
        out = run(kind, csr, 3, tensors, "numba")
        grads = torch.autograd.grad(out, tensors, torch.ones_like(out))
        bits.append(tuple(t.detach().numpy().tobytes() for t in (out, *grads)))
    assert len(set(bits)) == 1


@pytest.mark.parametrize("edge", [False, True])
def test_registered_ops(edge):
    csr = random_csr(5)
    target, source, vector, *rest = (t.detach() for t in inputs(csr, 2, 3, edge=edge))
    rest = rest or [None, None]
    args = (target, source, *rest, vector, 0.2, csr.rowptr, csr.col)
    torch.library.opcheck(_ops.GAT, args)
    _, share = _ops.GAT(*args)
    args = (target, target, source, *rest, vector, share, *csr.both_ways, 0.2, edge)
    torch.library.opcheck(_ops.GAT_BACKWARD, args)
    args = (target, source, source, *rest, 2, 0.5, csr.rowptr, csr.col)
    torch.library.opcheck(_ops.DOT, args)
    args = (target, target, source, source, *rest, share, *csr.both_ways, 0.5, edge)
    torch.library.opcheck(_ops.DOT_BACKWARD, args)


def test_features_of_edges_may_be_data():
    csr = random_csr(6)
    for kind in ("gat", "dot"):
        tensors = inputs(csr, 2, 3, kind=kind)
        weight, want = tensors[-1], run(kind, csr, 2, tensors, "reference")
        tensors[3] = tensors[3].detach()
        got = run(kind, csr, 2, tensors, "numba")
        grads = [torch.autograd.grad(out.square().sum(), weight)[0] for out in (got, want)]
        torch.testing.assert_close(*grads, rtol=1e-12, atol=1e-12)


def test_errors():
    csr = random_csr(0)
    t, s, a, e, w = inputs(csr, 2, 3)
    with pytest.raises(ValueError, match=r"`source` must have shape \(11, 6\), got \(17, 6\)"):
        gat_attention(t, t, a, csr)
    with pytest.raises(ValueError, match=r"`edge` must have shape \(60, 3\), got \(59, 3\)"):
        gat_attention(t, s, a, csr, edge=e[1:], edge_weight=w)
    with pytest.raises(ValueError, match=r"`edge_weight` must have shape \(6, 3\), got \(5, 3\)"):
        gat_attention(t, s, a, csr, edge=e, edge_weight=w[1:])
    with pytest.raises(ValueError, match=r"must be given together"):
        dot_attention(t, s, s, csr, edge=e)
    with pytest.raises(ValueError, match=r"`heads` must divide the 6 channels, got 4"):
        dot_attention(t, s, s, csr, heads=4)
    with pytest.raises(BackendUnavailable, match=r"needs a CPU tensor of float32 or float64"):
        gat_attention(t.half(), s.half(), a.half(), csr, backend="numba")
