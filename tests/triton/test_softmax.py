import pytest
import torch

from graphvision.kernels.gather import Csr
from graphvision.kernels.softmax import segment_softmax
from tests.triton.test_gather import GRAPHS, both, close, random_csr


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("heads", [1, 3, 8])
@pytest.mark.parametrize(
    ("dtype", "bound"), [(torch.float32, 1e-6), (torch.float16, 2e-3), (torch.bfloat16, 2e-2)]
)
def test_matches_reference(graph, heads, dtype, bound):
    csr = random_csr(*GRAPHS[graph])
    logits = 5 * torch.randn(len(csr.col), heads)
    got, want = both(
        lambda backend, x: segment_softmax(x, csr, backend=backend), logits, dtype=dtype
    )
    close(got, want, bound)


def test_edge_cases():
    inf, nan = float("inf"), float("nan")
    logits = torch.tensor([[0.0], [-inf], [-inf], [-inf], [1.0], [inf], [1.0], [nan], [9.0]])
    csr = Csr(torch.tensor([0, 2, 4, 4, 6, 8, 9]), torch.zeros(9, dtype=torch.int64), 1)
    got, want = (segment_softmax(logits, csr, backend=b) for b in ("triton", "reference"))
    torch.testing.assert_close(got, want, equal_nan=True)
    none = Csr(torch.tensor([0, 0]), torch.zeros(0, dtype=torch.int64), 1)
    assert segment_softmax(torch.ones(0, 2), none, backend="triton").shape == (0, 2)
