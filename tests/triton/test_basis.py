import pytest
import torch

from graphvision.kernels.basis import _triton, basis_conv, basis_gather, tap_conv
from graphvision.kernels.gather import Csr
from tests.triton.test_gather import GRAPHS, both, close, random_csr


def taps_csr(targets, sources, edges, taps):
    csr = random_csr(targets * taps, sources, edges)
    return Csr(csr.rowptr, csr.col, sources)


@pytest.fixture(params=["at once", "in chunks"])
def _chunks(request, monkeypatch):
    if request.param == "in chunks":
        monkeypatch.setattr(_triton, "_CACHED", 400)


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize(("channels", "functions"), [(5, 3), (16, 9), (130, 1)])
def test_gather_matches_reference(graph, channels, functions):
    csr = random_csr(*GRAPHS[graph])
    tensors = torch.randn(csr.num_sources, channels), torch.randn(len(csr.col), functions)
    got, want = both(lambda backend, x, b: basis_gather(x, csr, b, backend=backend), *tensors)
    close(got, want)


@pytest.mark.usefixtures("_chunks")
@pytest.mark.parametrize("functions", [1, 3])
def test_basis_conv_matches_reference(functions):
    csr = random_csr(*GRAPHS["few neighbours"])
    x, basis = torch.randn(csr.num_sources, 6), torch.randn(len(csr.col), functions)
    kernel = torch.randn(functions, 6, 5)
    got, want = both(
        lambda backend, *t: basis_conv(t[0], csr, *t[1:], backend=backend), x, basis, kernel
    )
    close(got, want, 3e-5)


@pytest.mark.usefixtures("_chunks")
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("biased", [False, True])
def test_tap_conv_matches_reference(weighted, biased):
    csr = taps_csr(7, 11, 60, taps=4)
    tensors = [torch.randn(11, 6), torch.randn(4, 6, 5)]
    tensors += [torch.randn(60)] * weighted + [torch.randn(5)] * biased

    def call(backend, x, kernel, *rest):
        weight = rest[0] if weighted else None
        bias = rest[-1] if biased else None
        return tap_conv(x, csr, kernel, weight, bias=bias, backend=backend)

    got, want = both(call, *tensors)
    close(got, want, 3e-5)


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float16, 4e-3), (torch.bfloat16, 4e-2)])
def test_half_precision(dtype, bound):
    csr = taps_csr(7, 11, 60, taps=4)
    tensors = torch.randn(11, 8), torch.randn(4, 8, 8) / 3, torch.randn(60)
    got, want = both(
        lambda backend, x, k, w: tap_conv(x, csr, k, w, backend=backend), *tensors, dtype=dtype
    )
    close(got, want, bound)


def test_edge_cases():
    none = torch.empty(0, dtype=torch.int64)
    for targets, sources, channels in ((3, 2, 4), (0, 2, 4), (3, 0, 4), (0, 0, 4), (3, 2, 0)):
        csr = Csr.from_sorted(none, none, targets * 2, sources)
        x = torch.ones(sources, channels, requires_grad=True)
        kernel = torch.ones(2, channels, 3, requires_grad=True)
        out = tap_conv(x, csr, kernel, torch.ones(0), bias=torch.ones(3), backend="triton")
        out.sum().backward()
        assert out.shape == (targets, 3)
        assert out.eq(1).all()
        assert not x.grad.any()
        assert not kernel.grad.any()
