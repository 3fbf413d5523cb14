import pytest
import torch

from graphvision.kernels.gather import REDUCTIONS, Csr, _triton, gather_reduce

GRAPHS = {  # name: targets, sources, edges
    "few neighbours": (17, 11, 60),
    "many neighbours": (3, 40, 400),
    "one neighbour": (40, 5, 38),
}


def random_csr(targets, sources, edges, *, index=torch.int32):
    generator = torch.Generator().manual_seed(edges)
    row = torch.randint(0, max(1, targets - 2), (edges,), generator=generator).sort().values
    col = torch.randint(0, sources, (edges,), generator=generator)
    csr = Csr.from_sorted(row, col, targets, sources)
    return Csr(csr.rowptr.to(index), csr.col.to(index), sources)


def features(csr, channels, *, integer=False):
    x = torch.randn(csr.num_sources, channels)
    return (x.round() + 0.5 if integer else x).requires_grad_()


def both(call, *leaves, dtype=torch.float32):
    """Results and gradients by the kernel in ``dtype``, by the reference in float64."""
    exact = [leaf.detach().to(dtype).double().requires_grad_() for leaf in leaves]
    given = [leaf.detach().to(dtype).requires_grad_() for leaf in leaves]
    want, got = call("reference", *exact), call("triton", *given)
    grad = torch.randn_like(want).to(dtype)
    want_grads = torch.autograd.grad(want, exact, grad.double())
    got_grads = torch.autograd.grad(got, given, grad)
    assert {t.dtype for t in (got, *got_grads)} == {dtype}
    return (got, *got_grads), (want, *want_grads)


def close(got, want, tolerance=1e-5):
    for g, w in zip(got, want, strict=True):
        assert g.shape == w.shape
        bound = tolerance * max(1.0, float(w.detach().abs().max()) if w.numel() else 0.0)
        torch.testing.assert_close(g.double(), w, rtol=0, atol=bound)


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("ties", ["even", "first"])
@pytest.mark.parametrize("reduce", [*((name,) for name in REDUCTIONS), REDUCTIONS])
def test_matches_reference(graph, reduce, ties):
    csr = random_csr(*GRAPHS[graph])
    x = features(csr, 5, integer=not {"max", "min"}.isdisjoint(reduce))
    got, want = both(
        lambda backend, x: gather_reduce(x, csr, reduce=reduce, ties=ties, backend=backend), x
    )
    close(got, want)


@pytest.mark.parametrize("channels", [1, 64, 130])
def test_any_number_of_channels(channels):
    csr = random_csr(*GRAPHS["few neighbours"], index=torch.int64)
    x = features(csr, channels, integer=True)
    got, want = both(
        lambda backend, x: gather_reduce(x, csr, reduce=("mean", "max"), backend=backend), x
    )
    close(got, want)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision(dtype):
    csr = random_csr(*GRAPHS["few neighbours"])
    x = features(csr, 16, integer=True)
    got, want = both(
        lambda backend, x: gather_reduce(x, csr, reduce=REDUCTIONS, backend=backend), x, dtype=dtype
    )
    close(got, want, 2e-2 if dtype == torch.bfloat16 else 2e-3)


def test_parts_of_long_rows_add_up(monkeypatch):
    """What a row gives does not depend on the cuts, and every reduction is made of its parts."""
    csr = random_csr(2, 50, 700)
    csr = Csr(torch.tensor([0, 0, 5, 700]), csr.col, 50)  # empty; shorter than its parts; long
    x = features(csr, 3) * 2 + 40
    parts = []
    real = _triton.tile

    def tile(*args, **options):
        cut = real(*args, **options)
        parts.append(cut.parts)
        return cut

    monkeypatch.setattr(_triton, "tile", tile)
    got, want = both(
        lambda backend, x: gather_reduce(x, csr, reduce=REDUCTIONS, backend=backend), x
    )
    assert parts[0] > 1
    close(got, want)


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("heads", [1, 3, 4])
@pytest.mark.parametrize("reduce", ["sum", "mean"])
def test_weights_match_reference(graph, heads, reduce):
    csr = random_csr(*GRAPHS[graph])
    x, weight = features(csr, 12), torch.randn(len(csr.col), heads)
    got, want = both(
        lambda backend, x, w: gather_reduce(x, csr, w, reduce=reduce, backend=backend), x, weight
    )
    close(got, want)


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_edge_cases(reduce):
    none = torch.empty(0, dtype=torch.int64)
    for targets, sources, channels in ((3, 2, 4), (0, 2, 4), (3, 0, 4), (0, 0, 4), (3, 2, 0)):
        empty = Csr.from_sorted(none, none, targets, sources)
        x = torch.ones(sources, channels, requires_grad=True)
        out = gather_reduce(x, empty, reduce=reduce, backend="triton")
        out.sum().backward()
        assert out.shape == (targets, channels)
        assert not out.any()
        assert not x.grad.any()
    one = Csr(torch.tensor([0, 2, 3]), torch.tensor([0, 1, 0]), num_sources=2)
    nan = torch.tensor([[1.0], [float("nan")]])
    out = gather_reduce(nan, one, reduce=reduce, backend="triton")
    assert out[0].isnan()
    assert not out[1].isnan()
    spread = torch.arange(8.0).reshape(2, 4).T[::2]
    assert not spread.is_contiguous()
    got, want = (
        gather_reduce(s, one, reduce=reduce, backend="triton") for s in (spread, spread.clone())
    )
    assert torch.equal(got, want)


def test_first_of_equal_extremes_gets_the_gradient():
    csr = Csr(torch.tensor([0, 3]), torch.tensor([2, 0, 1]), num_sources=3)
    x = torch.tensor([[5.0], [5.0], [1.0]], requires_grad=True)
    gather_reduce(x, csr, reduce="max", ties="first", backend="triton").sum().backward()
    assert x.grad.flatten().tolist() == [1, 0, 0]
