import numpy as np
import pytest
import torch

from graphvision.kernels import BackendUnavailable
from graphvision.kernels.basis import basis_gather
from graphvision.kernels.gather import Csr, gather_reduce

BACKENDS = ("reference", "numba")


def random_csr(seed, num_targets=17, num_sources=11, edges=60):
    rng = np.random.default_rng(seed)
    row = torch.from_numpy(np.sort(rng.integers(0, max(1, num_targets - 2), edges)))
    col = torch.from_numpy(rng.integers(0, num_sources, edges))
    return Csr.from_sorted(row, col, num_targets, num_sources)


def inputs(csr, channels=5, functions=4, dtype=torch.float64):
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(csr.num_sources, channels, generator=generator, dtype=dtype)
    basis = torch.randn(len(csr.col), functions, generator=generator, dtype=dtype).relu()
    return x.requires_grad_(), basis.requires_grad_()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_matches_oracle(backend, dtype):
    csr = random_csr(0)
    x, basis = inputs(csr, dtype=dtype)
    want = np.zeros((csr.num_targets, 4, 5))
    for e, (i, j) in enumerate(zip(csr.row.tolist(), csr.col.tolist(), strict=True)):
        want[i] += np.outer(basis.detach().double().numpy()[e], x.detach().double().numpy()[j])
    got = basis_gather(x, csr, basis, backend=backend)
    torch.testing.assert_close(got, torch.from_numpy(want).flatten(1).to(dtype))


def test_one_function_is_a_weighted_sum():
    csr = random_csr(1)
    x, basis = inputs(csr, functions=1)
    torch.testing.assert_close(basis_gather(x, csr, basis), gather_reduce(x, csr, basis[:, 0]))


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients(backend):
    csr = random_csr(2, num_targets=6, num_sources=5, edges=14)
    x, _ = inputs(csr, channels=3)
    basis = torch.rand(14, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda x, basis: basis_gather(x, csr, basis, backend=backend), (x, basis)
    )


def test_backends_agree_with_zeros_in_the_basis():
    csr = random_csr(3)
    x, basis = inputs(csr)
    results = []
    for backend in BACKENDS:
        out = basis_gather(x, csr, basis, backend=backend)
        results.append((out, *torch.autograd.grad(out.square().sum(), (x, basis))))
    for got, want in zip(*results, strict=True):
        torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_edge_cases(backend):
    none = Csr.from_sorted(torch.empty(0, dtype=torch.long), torch.empty(0, dtype=torch.long), 2, 3)
    out = basis_gather(torch.randn(3, 2), none, torch.empty(0, 4), backend=backend)
    assert out.shape == (2, 8)
    assert not out.any()
    csr = random_csr(4)
    assert basis_gather(torch.randn(11, 2), csr, torch.ones(60, 0), backend=backend).numel() == 0


def test_same_bits_for_any_thread_count(monkeypatch):
    csr = random_csr(5, num_targets=900, num_sources=800, edges=6000)
    x, basis = inputs(csr, channels=16, functions=8, dtype=torch.float32)
    monkeypatch.setattr("graphvision.kernels.basis._numba._GRAIN", 1)
    threads, results = torch.get_num_threads(), []
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            out = basis_gather(x, csr, basis)
            results.append((out, *torch.autograd.grad(out.square().sum(), (x, basis))))
    finally:
        torch.set_num_threads(threads)
    for got in results[1:]:
        assert all(torch.equal(a, b) for a, b in zip(got, results[0], strict=True))


def test_errors():
    csr = random_csr(6)
    with pytest.raises(ValueError, match=r"`x` must have 11 rows, one per source, got 3"):
        basis_gather(torch.randn(3, 2), csr, torch.ones(60, 2))
    with pytest.raises(ValueError, match=r"`basis` must have 60 rows, one per edge, got 4"):
        basis_gather(torch.randn(11, 2), csr, torch.ones(4, 2))
    half = torch.randn(11, 2, dtype=torch.float16)
    with pytest.raises(BackendUnavailable, match="needs a CPU tensor"):
        basis_gather(half, csr, torch.ones(60, 2), backend="numba")
