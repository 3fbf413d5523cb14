import pytest
import torch
from torch_geometric.utils import softmax

from graphvision.kernels import BackendUnavailable
from graphvision.kernels.gather import Csr
from graphvision.kernels.softmax import _ops, segment_softmax
from tests.backends import BACKENDS
from tests.kernels.csr_cases import random_csr, relative


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("heads", [1, 3, 4])
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 1e-6), (torch.float64, 1e-14)])
def test_matches_oracle(backend, heads, dtype, bound):
    csr = random_csr(0)
    logits = (8 * torch.randn(60, heads, dtype=torch.float64)).to(dtype).requires_grad_()
    exact = logits.detach().double().requires_grad_()
    want = softmax(exact, csr.row, num_nodes=csr.num_targets)
    got = segment_softmax(logits, csr, backend=backend)
    grad = torch.randn(60, heads, dtype=torch.float64)
    (want_grad,) = torch.autograd.grad(want, exact, grad)
    (got_grad,) = torch.autograd.grad(got, logits, grad.to(dtype))
    assert got.dtype == dtype
    assert relative(got.double(), want) <= bound
    assert relative(got_grad.double(), want_grad) <= bound


@pytest.mark.parametrize("backend", BACKENDS)
def test_matches_a_loop(backend):
    csr = random_csr(1)
    logits = torch.randn(60, 2, dtype=torch.float64)
    want = torch.cat(
        [logits[a:b].softmax(0) for a, b in zip(csr.rowptr[:-1], csr.rowptr[1:], strict=True)]
    )
    torch.testing.assert_close(segment_softmax(logits, csr, backend=backend), want)


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients(backend):
    csr = random_csr(2, num_targets=6, num_sources=5, edges=14)
    logits = torch.randn(14, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: segment_softmax(x, csr, backend=backend), (logits,))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_edge_cases(backend, dtype):
    inf, nan = float("inf"), float("nan")
    rows = [[], [3.0], [1.0, -inf], [-inf, -inf], [nan, 0.0], [inf, 0.0], [1e4, -1e4], []]
    sizes = torch.tensor([0, *map(len, rows)]).cumsum(0)
    logits = torch.tensor([v for row in rows for v in row], dtype=dtype)[:, None]
    csr = Csr(sizes, torch.zeros(len(logits), dtype=torch.long), num_sources=1)
    got = segment_softmax(logits, csr, backend=backend)[:, 0]
    want = torch.cat([torch.tensor(row, dtype=dtype).softmax(0) for row in rows])
    torch.testing.assert_close(got, want, equal_nan=True)
    none = Csr(torch.tensor([0, 0]), torch.empty(0, dtype=torch.long), num_sources=1)
    assert segment_softmax(logits[:0], none, backend=backend).shape == (0, 1)
    strided = torch.randn(2, 60, dtype=dtype).T
    csr = random_csr(3)
    torch.testing.assert_close(
        segment_softmax(strided, csr, backend=backend), segment_softmax(strided.contiguous(), csr)
    )


def test_same_bits_for_any_thread_count():
    csr = random_csr(4, num_targets=5000, num_sources=3000, edges=60_000)
    bits = []
    for count in (1, 2, 3):
        torch.manual_seed(0)
        torch.set_num_threads(count)
        logits = torch.randn(60_000, 3, requires_grad=True)
        out = segment_softmax(logits, csr, backend="numba")
        out.backward(torch.linspace(0, 1, 180_000).view(-1, 3))
        bits.append((out.detach().numpy().tobytes(), logits.grad.numpy().tobytes()))
    assert len(set(bits)) == 1


def test_registered_ops():
    csr = random_csr(5)
    logits = torch.randn(60, 2)
    torch.library.opcheck(_ops.SOFTMAX, (logits, csr.rowptr))
    share = _ops.SOFTMAX(logits, csr.rowptr)
    torch.library.opcheck(_ops.SOFTMAX_BACKWARD, (logits, share, csr.rowptr))


def test_errors():
    csr = random_csr(0)
    with pytest.raises(ValueError, match=r"`logits` must have shape \(60, heads\), got \(59, 1\)"):
        segment_softmax(torch.ones(59, 1), csr)
    with pytest.raises(BackendUnavailable, match=r"needs a CPU tensor of float32 or float64"):
        segment_softmax(torch.ones(60, 1).half(), csr, backend="numba")
