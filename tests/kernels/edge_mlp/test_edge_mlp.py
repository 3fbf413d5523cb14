import pytest
import torch
from torch_geometric.nn import EdgeConv

from graphvision.kernels import BackendUnavailable
from graphvision.kernels.edge_mlp import (
    ACTIVATIONS,
    _numba_extreme,
    _ops,
    mlp_extreme,
    mlp_sum,
)
from graphvision.kernels.gather import Csr
from tests.kernels.csr_cases import random_csr, relative

BACKENDS = ("reference", "numba")
REDUCTIONS = ("sum", "max", "min")
TYPES = [(torch.float32, 1e-5), (torch.float64, 1e-12)]


def inputs(csr, hidden, channels, *, dtype=torch.float64, edge=True):
    shapes = [(csr.num_targets, hidden), (csr.num_sources, hidden), (channels, hidden)]
    shapes += [(len(csr.col), 3), (hidden, 3)] if edge else []
    return [torch.randn(shape, dtype=dtype, requires_grad=True) for shape in shapes]


def run(reduce, csr, tensors, **options):
    target, source, weight, *rest = tensors
    if rest:
        options |= {"edge": rest[0], "edge_weight": rest[1]}
    if reduce == "sum":
        return mlp_sum(target, source, csr, **options) @ weight.T
    return mlp_extreme(target, source, weight, csr, reduce=reduce, **options)


@pytest.mark.parametrize("reduce", REDUCTIONS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("edge", [False, True])
@pytest.mark.parametrize(("dtype", "bound"), TYPES)
def test_matches_reference(reduce, activation, edge, dtype, bound):
    csr = random_csr(0)
    tensors = inputs(csr, 21, 9, dtype=dtype, edge=edge)
    exact = [t.detach().double().requires_grad_() for t in tensors]
    results = []
    for given, backend in ((exact, "reference"), (tensors, "numba")):
        out = run(reduce, csr, given, activation=activation, slope=0.3, backend=backend)
        grad = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view_as(out)
        results.append((out, *torch.autograd.grad(out, given, grad)))
    for want, got in zip(*results, strict=True):
        assert got.dtype == dtype
        assert relative(got, want) <= bound


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_matches_oracle(reduce, backend):
    csr = random_csr(1, num_targets=13, num_sources=13)
    first, last = torch.nn.Linear(12, 8).double(), torch.nn.Linear(8, 5, bias=False).double()
    conv = EdgeConv(torch.nn.Sequential(first, torch.nn.GELU(), last), aggr=reduce)
    x = torch.randn(13, 6, dtype=torch.float64)
    want = conv(x, torch.stack([csr.col.long(), csr.row]))
    own, difference = first.weight[:, :6], first.weight[:, 6:]
    target, source = x @ (own - difference).T + first.bias, x @ difference.T
    tensors = (target, source, last.weight)
    got = run(reduce, csr, tensors, activation="gelu", backend=backend)
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_gradients(reduce, backend):
    csr = random_csr(2, num_targets=6, num_sources=5, edges=14)
    tensors = inputs(csr, 4, 3)
    options = {"activation": "silu", "backend": backend}
    assert torch.autograd.gradcheck(lambda *t: run(reduce, csr, t, **options), tensors)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("ties", "want"), [("even", [0.5, 0.5, 0]), ("first", [1, 0, 0])])
def test_equal_extremes(backend, ties, want):
    csr = Csr(torch.tensor([0, 3]), torch.tensor([0, 1, 2]), num_sources=3)
    source = torch.tensor([[2.0], [2.0], [1.0]], requires_grad=True)
    out = mlp_extreme(torch.zeros(1, 1), source, torch.ones(1, 1), csr, ties=ties, backend=backend)
    out.sum().backward()
    assert source.grad.flatten().tolist() == want


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_edge_cases(reduce, backend):
    none = Csr(torch.tensor([0, 0, 0]), torch.empty(0, dtype=torch.long), num_sources=1)
    tensors = inputs(none, 4, 3)
    out = run(reduce, none, tensors, backend=backend)
    assert out.shape == (2, 3)
    assert not out.any()
    assert all(not g.any() for g in torch.autograd.grad(out.sum(), tensors))
    nothing = Csr(torch.tensor([0]), torch.empty(0, dtype=torch.long), num_sources=0)
    assert run(reduce, nothing, inputs(nothing, 4, 3), backend=backend).shape == (0, 3)
    csr = random_csr(3)
    tensors = [t.detach() for t in inputs(csr, 4, 3, edge=False)]
    strided = [t.T.contiguous().T for t in tensors]
    want = run(reduce, csr, tensors, backend="reference")
    torch.testing.assert_close(run(reduce, csr, strided, backend=backend), want)
    tensors[1][csr.col[0]] = torch.nan
    rows = run(reduce, csr, tensors, backend=backend).isnan().any(1)
    assert rows.equal(torch.zeros(17).index_add(0, csr.row, (csr.col == csr.col[0]).float()) > 0)


@pytest.mark.parametrize("reduce", ["max", "min"])
def test_tiles_don_t_matter(reduce, monkeypatch):
    csr = random_csr(4, edges=300)
    results = []
    for size in (7, 40, 4096):
        torch.manual_seed(0)
        monkeypatch.setattr(_numba_extreme, "_TILE", size)
        tensors = inputs(csr, 6, 5)
        out = run(reduce, csr, tensors, activation="tanh", backend="numba")
        results.append((out, *torch.autograd.grad(out.square().sum(), tensors)))
    for other in results[1:]:
        torch.testing.assert_close(results[0], other, rtol=1e-12, atol=1e-12)


def test_same_bits_for_any_thread_count():
    csr = random_csr(4, num_targets=5000, num_sources=3000, edges=60_000)
    bits = []
    for count in (1, 2, 3):
        torch.manual_seed(0)
        torch.set_num_threads(count)
        target, source, _, *rest = inputs(csr, 12, 4, dtype=torch.float32)
        args = {"edge": rest[0], "edge_weight": rest[1], "activation": "gelu"}
        out = mlp_sum(target, source, csr, **args, backend="numba")
        grads = torch.autograd.grad(out, (target, source, *rest), torch.ones_like(out))
        bits.append(tuple(t.detach().numpy().tobytes() for t in (out, *grads)))
    assert len(set(bits)) == 1


@pytest.mark.parametrize("edge", [False, True])
def test_registered_ops(edge):
    csr = random_csr(5)
    target, source, weight, *rest = (t.detach() for t in inputs(csr, 6, 5, edge=edge))
    terms = (target, source, *(rest or [None, None]))
    torch.library.opcheck(_ops.SUM, (*terms, "silu", 0.1, csr.rowptr, csr.col))
    args = (target, *terms, *csr.both_ways, "silu", 0.1, edge)
    torch.library.opcheck(_ops.SUM_BACKWARD, args)
    args = (*terms, weight, "relu", 0.1, "max", "even", csr.rowptr, csr.col)
    torch.library.opcheck(_ops.EXTREME, args)
    out, wins = _ops.EXTREME(*args)
    args = (out, *terms, weight, wins, *csr.both_ways, "relu", 0.1, edge)
    torch.library.opcheck(_ops.EXTREME_BACKWARD, args)


def test_errors():
    csr = random_csr(0)
    t, s, w, e, we = inputs(csr, 6, 5)
    with pytest.raises(ValueError, match=r"`activation` must be one of .* got 'elu'"):
        mlp_sum(t, s, csr, activation="elu")
    with pytest.raises(ValueError, match=r"`target` must have shape \(17, 6\), got \(16, 6\)"):
        mlp_sum(t[1:], s, csr)
    with pytest.raises(ValueError, match=r"must be given together"):
        mlp_sum(t, s, csr, edge=e)
    with pytest.raises(ValueError, match=r"`edge` must have shape \(60, 3\), got \(59, 3\)"):
        mlp_sum(t, s, csr, edge=e[1:], edge_weight=we)
    with pytest.raises(ValueError, match=r"`weight` must have shape \(c, 6\), got \(5, 5\)"):
        mlp_extreme(t, s, w[:, 1:], csr)
    with pytest.raises(ValueError, match=r"`reduce` must be 'max' or 'min', got 'sum'"):
        mlp_extreme(t, s, w, csr, reduce="sum")
    with pytest.raises(ValueError, match=r"`ties` must be 'even' or 'first', got 'last'"):
        mlp_extreme(t, s, w, csr, ties="last")
    with pytest.raises(BackendUnavailable, match=r"needs a CPU tensor of float32 or float64"):
        mlp_sum(t.half(), s.half(), csr, backend="numba")
