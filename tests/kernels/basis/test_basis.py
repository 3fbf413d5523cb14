import numpy as np
import pytest
import torch

from graphvision.graphs import Window, window_topology
from graphvision.kernels import BackendUnavailable
from graphvision.kernels.basis import basis_conv, basis_gather, tap_conv
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


def tap_csr(seed, targets=9, taps=4, sources=11, edges=70):
    """Rows by target and tap; some taps have several edges, some none, the last target has none."""
    return random_csr(seed, targets * taps, sources, edges)


def conv_inputs(csr, taps=4, channels=5, columns=7, dtype=torch.float64):
    generator = torch.Generator().manual_seed(4)
    x = torch.randn(csr.num_sources, channels, generator=generator, dtype=dtype)
    kernel = torch.randn(taps, channels, columns, generator=generator, dtype=dtype)
    weight = torch.rand(len(csr.col), generator=generator, dtype=dtype)
    weight[::3] = 1  # a single edge of weight 1 is read where it lies
    return x.requires_grad_(), kernel.requires_grad_(), weight.requires_grad_()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("columns", [7, 40])  # more and fewer targets than columns
def test_tap_conv_matches_a_loop(backend, weighted, columns):
    csr = tap_csr(7)
    x, kernel, weight = conv_inputs(csr, columns=columns)
    want = np.zeros((9, columns))
    bias = torch.randn(columns, dtype=torch.float64)
    want += bias.numpy()
    for e, (row, j) in enumerate(zip(csr.row.tolist(), csr.col.tolist(), strict=True)):
        factor = weight[e].item() if weighted else 1.0
        want[row // 4] += factor * (x[j] @ kernel[row % 4]).detach().numpy()
    got = tap_conv(x, csr, kernel, weight if weighted else None, bias=bias, backend=backend)
    torch.testing.assert_close(got, torch.from_numpy(want), rtol=1e-12, atol=1e-12)


def test_the_gradient_of_few_targets_lies_as_the_weight():
    csr = tap_csr(13)
    x = torch.randn(csr.num_sources, 5)
    weight = torch.nn.Parameter(torch.randn(40, 5, 4))
    (grad,) = torch.autograd.grad(tap_conv(x, csr, weight.permute(2, 1, 0)).sum(), weight)
    assert grad.is_contiguous()


@pytest.mark.parametrize("columns", [7, 40])
def test_basis_conv_is_gather_and_product(columns):
    csr = random_csr(8)
    x, basis = inputs(csr)
    kernel = torch.randn(4, 5, columns, dtype=torch.float64, requires_grad=True)
    results = []
    for out in (
        basis_conv(x, csr, basis, kernel),
        basis_gather(x, csr, basis) @ kernel.flatten(0, 1),
    ):
        results.append((out, *torch.autograd.grad(out.square().sum(), (x, basis, kernel))))
    for got, want in zip(*results, strict=True):
        torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", [(3, 64), (16, 16), (12, 33), (9, 130), (5, 300)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_tap_conv_is_conv2d(shape, dtype, layout):
    channels, columns = shape
    window = Window.make(3, stride=(2, 1), padding=1, dims=2)
    topology = window_topology((9, 14), window, 3)
    csr, _ = topology.by_tap(dtype)
    image = torch.randn(3, channels, 9, 14, dtype=dtype, requires_grad=True)
    weight = torch.randn(columns, channels, 3, 3, dtype=dtype).to(memory_format=layout)
    weight.requires_grad_()
    want = torch.nn.functional.conv2d(image, weight, None, (2, 1), 1)
    x, kernel = image.movedim(1, -1).flatten(0, 2), weight.flatten(2).permute(2, 1, 0)
    got = tap_conv(x, csr, kernel, backend="numba").unflatten(0, (3, 5, 14)).movedim(-1, 1)
    grad = torch.randn_like(want)
    tolerance = 1e-5 if dtype == torch.float32 else 1e-12
    for a, b in zip(
        (got, *torch.autograd.grad(got, (image, weight), grad)),
        (want, *torch.autograd.grad(want, (image, weight), grad)),
        strict=True,
    ):
        assert (a - b).abs().max() <= tolerance * b.abs().max()


@pytest.mark.parametrize("wide", [False, True])
def test_registers_of_both_widths(monkeypatch, wide):
    monkeypatch.setattr("graphvision.kernels.basis._numba_product._wide_registers", lambda: wide)
    csr = tap_csr(9, targets=150, edges=2000)
    x, kernel, weight = conv_inputs(csr, columns=35, dtype=torch.float32)
    results = []
    for backend in BACKENDS:
        out = tap_conv(x, csr, kernel, weight, backend=backend)
        results.append((out, *torch.autograd.grad(out.sin().sum(), (x, kernel, weight))))
    for got, want in zip(*results, strict=True):
        torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-3)


def test_large_kernels_in_small_tables():
    csr = tap_csr(10, targets=40, taps=2, edges=300)
    x, kernel, weight = conv_inputs(csr, taps=2, channels=3000, columns=3)
    got, want = (tap_conv(x, csr, kernel, weight, backend=b) for b in ("numba", "reference"))
    torch.testing.assert_close(got, want, rtol=1e-11, atol=1e-11)


def test_nothing_to_multiply():
    csr = tap_csr(11)
    for channels, columns in ((0, 3), (3, 0)):
        x, kernel, weight = conv_inputs(csr, channels=channels, columns=columns)
        out = tap_conv(x, csr, kernel, weight)
        assert out.shape == (9, columns)
        assert not out.any()
        grads = torch.autograd.grad(out.sum(), (x, kernel, weight))
        assert [g.shape for g in grads] == [x.shape, kernel.shape, weight.shape]


def test_errors():
    csr = random_csr(6)
    with pytest.raises(ValueError, match=r"`x` must have 11 rows, one per source, got 3"):
        basis_gather(torch.randn(3, 2), csr, torch.ones(60, 2))
    with pytest.raises(ValueError, match=r"`basis` must have 60 rows, one per edge, got 4"):
        basis_gather(torch.randn(11, 2), csr, torch.ones(4, 2))
    with pytest.raises(ValueError, match=r"`weight` must have 60 rows, one per edge, got 4"):
        tap_conv(torch.randn(11, 2), csr, torch.ones(1, 2, 4), torch.ones(4))
    with pytest.raises(ValueError, match=r"a row per target and tap, a multiple of 3, got 17"):
        tap_conv(torch.randn(11, 2), csr, torch.ones(3, 2, 4))
    half = torch.randn(11, 2, dtype=torch.float16)
    with pytest.raises(BackendUnavailable, match="needs a CPU tensor"):
        basis_gather(half, csr, torch.ones(60, 2), backend="numba")


def test_kernels_that_do_not_fit(unchecked):
    csr = random_csr(6)
    match = r"`kernel` must have shape \(2, 2, c_out\), got \(3, 2, 4\)"
    with pytest.raises(ValueError, match=match):
        basis_conv(torch.randn(11, 2), csr, torch.ones(60, 2), torch.ones(3, 2, 4))
    match = r"`kernel` must have shape \(1, 2, c_out\), got \(1, 3, 4\)"
    with pytest.raises(ValueError, match=match):
        tap_conv(torch.randn(11, 2), csr, torch.ones(1, 3, 4))
