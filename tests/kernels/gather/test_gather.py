import threading

import numpy as np
import pytest
import torch
from torch_geometric.utils import scatter

from graphvision.kernels import BackendUnavailable, _dispatch
from graphvision.kernels._dispatch import chosen
from graphvision.kernels.gather import REDUCTIONS, Csr, gather_reduce
from tests.backends import BACKENDS, FAST, needs_torch_scatter


def random_csr(seed, num_targets=17, num_sources=11, edges=60):
    rng = np.random.default_rng(seed)
    row = torch.from_numpy(np.sort(rng.integers(0, num_targets - 2, edges)))  # two trailing nodes
    col = torch.from_numpy(rng.integers(0, num_sources, edges))
    return Csr.from_sorted(row, col, num_targets, num_sources)


def features(csr, channels, *, dtype=torch.float64, integer=False):
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(csr.num_sources, channels, generator=generator, dtype=dtype)
    # never exactly 0, where torch's amax shares the gradient with its ignored start value
    return (x.round() + 0.5 if integer else x).requires_grad_()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("reduce", REDUCTIONS)
@pytest.mark.parametrize(("channels", "dtype"), [(1, torch.float64), (7, torch.float32)])
def test_matches_oracle(backend, reduce, channels, dtype):
    csr = random_csr(0)
    x = features(csr, channels, dtype=dtype, integer=reduce in ("max", "min"))
    if reduce == "std":
        want = torch.zeros(csr.num_targets, channels, dtype=dtype)
        for i in range(csr.num_targets):
            rows = x.detach()[csr.col[csr.rowptr[i] : csr.rowptr[i + 1]].long()]
            if len(rows) > 1:
                want[i] = rows.std(0, correction=0)
    else:
        want = scatter(x[csr.col.long()], csr.row, dim_size=csr.num_targets, reduce=reduce)
    got = gather_reduce(x, csr, reduce=reduce, backend=backend)
    torch.testing.assert_close(got, want)
    if reduce != "std":
        grad = torch.randn_like(got)
        (want_grad,) = torch.autograd.grad(want, x, grad)
        (got_grad,) = torch.autograd.grad(got, x, grad)
        torch.testing.assert_close(got_grad, want_grad)


@pytest.mark.parametrize("backend", FAST)
@pytest.mark.parametrize("heads", [None, 1, 3])
@pytest.mark.parametrize("reduce", ["sum", "mean"])
def test_weights_match_reference(backend, heads, reduce):
    csr = random_csr(1)
    x = features(csr, 6)
    shape = (60,) if heads is None else (60, heads)
    weight = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    results = []
    for name in (backend, "reference"):
        out = gather_reduce(x, csr, weight, reduce=reduce, backend=name)
        grads = torch.autograd.grad(out.square().sum(), (x, weight))
        results.append((out, *grads))
    for got, want in zip(*results, strict=True):
        torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_gradients(backend, reduce):
    csr = random_csr(2, num_targets=6, num_sources=5, edges=14)
    x = features(csr, 3)
    args = {"reduce": reduce, "backend": backend}
    assert torch.autograd.gradcheck(lambda x: gather_reduce(x, csr, **args), (x,))
    if reduce in ("sum", "mean"):
        weight = torch.rand(14, 3, dtype=torch.float64, requires_grad=True)
        assert torch.autograd.gradcheck(lambda x, w: gather_reduce(x, csr, w, **args), (x, weight))


@pytest.mark.parametrize("backend", BACKENDS)
def test_first_of_equal_maxima_gets_the_gradient(backend):
    csr = Csr(torch.tensor([0, 3]), torch.tensor([2, 0, 1]), num_sources=3)
    x = torch.tensor([[5.0], [5.0], [1.0]], requires_grad=True)
    gather_reduce(x, csr, reduce="max", ties="first", backend=backend).sum().backward()
    assert x.grad.flatten().tolist() == [1, 0, 0]
    x.grad = None
    gather_reduce(x, csr, reduce="max", ties="even", backend=backend).sum().backward()
    assert x.grad.flatten().tolist() == [0.5, 0.5, 0]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_edge_cases(backend, reduce):
    empty = Csr(torch.tensor([0, 0, 0]), torch.empty(0, dtype=torch.int64), num_sources=1)
    assert gather_reduce(torch.ones(1, 2), empty, reduce=reduce, backend=backend).eq(0).all()
    nothing = Csr(torch.tensor([0]), torch.empty(0, dtype=torch.int64), num_sources=0)
    out = gather_reduce(torch.ones(0, 2), nothing, reduce=reduce, backend=backend)
    assert out.shape == (0, 2)
    one = Csr(torch.tensor([0, 2]), torch.tensor([0, 1]), num_sources=2)
    nan = torch.tensor([[1.0], [float("nan")]])
    assert gather_reduce(nan, one, reduce=reduce, backend=backend).isnan().all()
    strided = torch.arange(8.0).reshape(2, 4).T[::2]
    got = gather_reduce(strided, one, reduce=reduce, backend=backend)
    torch.testing.assert_close(
        got, gather_reduce(strided.contiguous(), one, reduce=reduce, backend="reference")
    )


@pytest.mark.parametrize("backend", FAST)
@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_same_bits_for_any_thread_count(backend, reduce):
    csr = random_csr(4, num_targets=5000, num_sources=3000, edges=60_000)
    bits = []
    for count in (1, 2, 3):
        torch.set_num_threads(count)
        x = features(csr, 9, dtype=torch.float32)
        out = gather_reduce(x, csr, reduce=reduce, backend=backend)
        out.sin().sum().backward()
        bits.append((out.detach().numpy().tobytes(), x.grad.numpy().tobytes()))
    assert len(set(bits)) == 1


def test_two_python_threads_at_once():
    csr = random_csr(5, num_targets=5000, num_sources=3000, edges=60_000)
    x = features(csr, 8, dtype=torch.float32).detach()
    want = gather_reduce(x, csr, backend="numba")
    same = []

    def work():
        same.extend(torch.equal(gather_reduce(x, csr, backend="numba"), want) for _ in range(5))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert same == [True] * 10


def test_errors():
    csr = random_csr(0)
    x = torch.ones(11, 4)
    with pytest.raises(ValueError, match=r"`reduce` must be one of .* got 'median'"):
        gather_reduce(x, csr, reduce="median")
    with pytest.raises(ValueError, match=r"`x` must have 11 rows, one per source, got 10"):
        gather_reduce(x[:10], csr)
    with pytest.raises(ValueError, match=r"`weight` must have shape \(60,\)"):
        gather_reduce(x, csr, torch.ones(60, 3))
    with pytest.raises(ValueError, match=r"`weight` goes with reduce='sum' or 'mean'"):
        gather_reduce(x, csr, torch.ones(60), reduce="max")
    with pytest.raises(ValueError, match=r"`ties` must be"):
        gather_reduce(x, csr, reduce="max", ties="last")
    with pytest.raises(BackendUnavailable, match=r"needs a CPU tensor of float32 or float64"):
        gather_reduce(x.half(), csr, backend="numba")
    with pytest.raises(ValueError, match=r"`backend` of `gather_reduce` must be one of"):
        gather_reduce(x, csr, backend="fortran")


def test_rows_of_groups_list_their_members_in_order():
    csr = Csr.from_groups(torch.tensor([2, 0, 2, 0]), 4)
    assert csr.rowptr.tolist() == [0, 2, 2, 4, 4]
    assert csr.col.tolist() == [1, 3, 0, 2]
    assert csr.num_sources == 4


@needs_torch_scatter
def test_steps_of_torch_scatter_are_registered():
    from graphvision.kernels.gather import _torch_scatter

    csr = random_csr(7)
    messages = torch.randn(60, 3)
    for reduce in ("sum", "max", "min"):
        torch.library.opcheck(_torch_scatter.REDUCE_ROWS, (messages, csr.rowptr, reduce))
    values = torch.randn(17, 3)
    torch.library.opcheck(_torch_scatter.SPREAD_ROWS, (values, csr.rowptr, csr.col))


@needs_torch_scatter
@pytest.mark.parametrize("ties", ["even", "first"])
@pytest.mark.parametrize("reduce", ["max", "min"])
def test_many_ties_share_as_in_the_reference(reduce, ties):
    csr = random_csr(6, edges=300)
    x = torch.randint(-1, 2, (11, 40)).double().requires_grad_()
    grads = []
    for backend in ("torch_scatter", "reference"):
        out = gather_reduce(x, csr, reduce=reduce, ties=ties, backend=backend)
        grads.append(torch.autograd.grad(out, x, torch.linspace(0, 1, 40).expand_as(out).double()))
    torch.testing.assert_close(*grads)


@needs_torch_scatter
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_torch_scatter_takes_half_precision(dtype, reduce):
    csr = random_csr(0)
    x = features(csr, 5, dtype=torch.float32).detach().to(dtype)
    got = gather_reduce(x, csr, reduce=reduce, backend="torch_scatter")
    assert got.dtype == dtype
    want = gather_reduce(x.double(), csr, reduce=reduce, backend="reference")
    torch.testing.assert_close(got.double(), want, rtol=5e-2, atol=5e-2)


@needs_torch_scatter
@pytest.mark.parametrize("values", [[-torch.inf, -torch.inf], [torch.inf, 0], [-torch.inf, 0]])
@pytest.mark.parametrize("reduce", ["max", "min"])
def test_torch_scatter_keeps_infinities(values, reduce):
    csr = Csr(torch.tensor([0, 2, 2]), torch.tensor([0, 1]), num_sources=2)
    x = torch.tensor(values)[:, None]
    options = {"reduce": reduce, "backend": "torch_scatter"}
    want = [getattr(torch, f"a{reduce}")(x).item(), 0]
    assert gather_reduce(x, csr, **options).flatten().tolist() == want


def test_torch_scatter_runs_by_name_only(monkeypatch):
    assert chosen("gather_reduce", "auto", torch.ones(1)) == "numba"
    assert chosen("gather_reduce", "auto", torch.ones(1).half()) == "reference"
    monkeypatch.setattr(_dispatch, "_installed", lambda package: False)
    with pytest.raises(BackendUnavailable, match=r"needs the package 'torch_scatter', which can't"):
        gather_reduce(torch.ones(11, 4), random_csr(0), backend="torch_scatter")


@pytest.mark.parametrize("reduce", ["sum", "max", "min", "std"])
def test_the_result_may_be_changed_in_place(reduce):
    """As behind a pooling with an activation in place: gradients are those of out of place."""
    csr, x = random_csr(3), torch.randn(11, 4, dtype=torch.float64)
    grads = []
    for change in (torch.relu_, torch.relu):
        leaf = x.clone().requires_grad_()
        change(gather_reduce(leaf, csr, reduce=reduce)).square().sum().backward()
        grads.append(leaf.grad)
    assert grads[0].equal(grads[1])
