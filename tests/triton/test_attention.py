import pytest
import torch

from graphvision.kernels.attention import dot_attention, gat_attention
from graphvision.kernels.gather import Csr
from tests.triton.test_gather import GRAPHS, both, close, random_csr


def inputs(kind, csr, heads, width, features):
    rows = [csr.num_targets, csr.num_sources] + [csr.num_sources] * (kind == "dot")
    shapes = [(n, heads * width) for n in rows]
    shapes += [(heads, width)] if kind == "gat" else []
    shapes += [(len(csr.col), features), (heads * width, features)] if features else []
    return [torch.randn(shape) for shape in shapes]


def attend(kind, csr, heads, backend, first, second, third, *rest):
    options = {"backend": backend}
    if rest:
        options |= {"edge": rest[0], "edge_weight": rest[1]}
    if kind == "dot":
        return dot_attention(first, second, third, csr, heads=heads, **options)
    return gat_attention(first, second, third, csr, **options)


@pytest.mark.parametrize("kind", ["gat", "dot"])
@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize(("heads", "width", "features"), [(1, 1, 0), (3, 5, 3), (2, 8, 9)])
def test_matches_reference(kind, graph, heads, width, features):
    csr = random_csr(*GRAPHS[graph])
    tensors = inputs(kind, csr, heads, width, features)
    got, want = both(lambda backend, *t: attend(kind, csr, heads, backend, *t), *tensors)
    close(got, want, 3e-5)


@pytest.mark.parametrize("kind", ["gat", "dot"])
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float16, 4e-3), (torch.bfloat16, 4e-2)])
def test_half_precision(kind, dtype, bound):
    csr = random_csr(*GRAPHS["few neighbours"])
    tensors = inputs(kind, csr, 2, 8, 2)
    got, want = both(lambda backend, *t: attend(kind, csr, 2, backend, *t), *tensors, dtype=dtype)
    close(got, want, bound)


@pytest.mark.parametrize("kind", ["gat", "dot"])
@pytest.mark.parametrize("features", [0, 2])
def test_features_alone_need_no_gradient(kind, features):
    csr = random_csr(*GRAPHS["few neighbours"])
    tensors = [t.requires_grad_(k != 3) for k, t in enumerate(inputs(kind, csr, 2, 4, features))]
    grads = []
    for backend in ("triton", "reference"):
        out = attend(kind, csr, 2, backend, *tensors).sin().sum()
        grads.append(torch.autograd.grad(out, [t for t in tensors if t.requires_grad]))
    torch.testing.assert_close(*grads, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["gat", "dot"])
def test_edge_cases(kind):
    none = torch.empty(0, dtype=torch.int64)
    for targets, sources in ((3, 2), (0, 2), (3, 0), (0, 0)):
        csr = Csr.from_sorted(none, none, targets, sources)
        tensors = [t.requires_grad_() for t in inputs(kind, csr, 2, 4, 3)]
        out = attend(kind, csr, 2, "triton", *tensors)
        out.sum().backward()
        assert out.shape == (targets, 8)
        assert not out.any()
        assert not any(t.grad.any() for t in tensors)


def test_same_bits():
    """No sum depends on the order in which programs run."""
    csr = random_csr(*GRAPHS["few neighbours"])
    tensors = [t.requires_grad_() for t in inputs("gat", csr, 2, 8, 2)]
    runs = []
    for _ in range(2):
        out = attend("gat", csr, 2, "triton", *tensors)
        runs.append((out, *torch.autograd.grad(out.sin().sum(), tensors)))
    assert all(torch.equal(a, b) for a, b in zip(*runs, strict=True))
