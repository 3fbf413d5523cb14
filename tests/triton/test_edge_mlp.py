import pytest
import torch

from graphvision.kernels.edge_mlp import ACTIVATIONS, mlp_extreme, mlp_sum
from graphvision.kernels.gather import Csr
from tests.triton.test_gather import GRAPHS, both, close, random_csr

REDUCTIONS = ("sum", "max", "min")


def inputs(csr, hidden, channels, features):
    shapes = [(csr.num_targets, hidden), (csr.num_sources, hidden), (channels, hidden)]
    shapes += [(len(csr.col), features), (hidden, features)] if features else []
    return [torch.randn(shape) for shape in shapes]


def run(reduce, csr, backend, target, source, weight, *rest, **options):
    options |= {"backend": backend}
    if rest:
        options |= {"edge": rest[0], "edge_weight": rest[1]}
    if reduce == "sum":
        return mlp_sum(target, source, csr, **options) @ weight.T
    return mlp_extreme(target, source, weight, csr, reduce=reduce, **options)


@pytest.mark.parametrize("reduce", REDUCTIONS)
@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize(
    ("hidden", "channels", "features"), [(5, 3, 0), (16, 20, 2), (40, 70, 9), (130, 8, 1)]
)
def test_matches_reference(reduce, graph, hidden, channels, features):
    csr = random_csr(*GRAPHS[graph])
    tensors = inputs(csr, hidden, channels, features)
    got, want = both(lambda backend, *t: run(reduce, csr, backend, *t), *tensors)
    close(got, want, 3e-5)


@pytest.mark.parametrize("reduce", REDUCTIONS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations(reduce, activation):
    csr = random_csr(*GRAPHS["few neighbours"], index=torch.int64)
    tensors = inputs(csr, 21, 9, 3)
    options = {"activation": activation, "slope": 0.3}
    got, want = both(lambda backend, *t: run(reduce, csr, backend, *t, **options), *tensors)
    close(got, want, 3e-5)


@pytest.mark.parametrize(
    ("reduce", "dtype", "bound"),
    [("sum", torch.float16, 1e-2), ("sum", torch.bfloat16, 8e-2), ("max", torch.float16, 3e-2)],
)
def test_half_precision(reduce, dtype, bound):
    """The interpreter's product of bfloat16 matrices is wrong, so the maximum has float16 only."""
    csr = random_csr(*GRAPHS["few neighbours"])
    tensors = inputs(csr, 24, 16, 2)
    options = {"activation": "silu"}
    if reduce == "sum":
        tensors = [t for k, t in enumerate(tensors) if k != 2]

    def call(backend, *t):
        if reduce == "sum":
            edge = {"edge": t[2], "edge_weight": t[3]}
            return mlp_sum(t[0], t[1], csr, backend=backend, **edge, **options)
        return run(reduce, csr, backend, *t, **options)

    got, want = both(call, *tensors, dtype=dtype)
    if reduce == "max":  # another message may win, so gradients are compared where that is the same
        got, want = got[:1], want[:1]
    close(got, want, bound)


def test_half_precision_gradients_of_a_single_winner():
    """With one edge to a target nothing depends on who wins."""
    row = torch.arange(12)
    csr = Csr.from_sorted(row, row % 5, 14, 5)
    tensors = inputs(csr, 24, 16, 2)
    got, want = both(
        lambda backend, *t: run("max", csr, backend, *t, activation="tanh"), *tensors,
        dtype=torch.float16,
    )  # fmt: skip
    close(got, want, 1e-2)


@pytest.mark.parametrize("reduce", ["max", "min"])
@pytest.mark.parametrize("ties", ["even", "first"])
@pytest.mark.parametrize("graph", GRAPHS)
def test_equal_extremes(reduce, ties, graph):
    csr = random_csr(*GRAPHS[graph])
    tensors = [t.sign() for t in inputs(csr, 6, 18, 0)]
    got, want = both(lambda backend, *t: run(reduce, csr, backend, *t, ties=ties), *tensors)
    close(got, want)


def test_long_rows_of_sums_have_parts():
    csr = random_csr(2, 50, 700)
    csr = Csr(torch.tensor([0, 0, 5, 700]), csr.col, 50)
    tensors = inputs(csr, 3, 2, 2)
    got, want = both(lambda backend, *t: run("sum", csr, backend, *t), *tensors)
    close(got, want, 3e-5)


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_edge_cases(reduce):
    none = torch.empty(0, dtype=torch.int64)
    for targets, sources in ((3, 2), (0, 2), (3, 0), (0, 0)):
        csr = Csr.from_sorted(none, none, targets, sources)
        tensors = [t.requires_grad_() for t in inputs(csr, 4, 3, 2)]
        out = run(reduce, csr, "triton", *tensors)
        out.sum().backward()
        assert out.shape == (targets, 3)
        assert not out.any()
        assert not any(t.grad.any() for t in tensors)
    csr = random_csr(*GRAPHS["few neighbours"])
    tensors = inputs(csr, 4, 3, 0)
    tensors[1][csr.col[0]] = torch.nan
    rows = run(reduce, csr, "triton", *tensors).isnan().any(1)
    assert rows.equal(torch.zeros(17).index_add(0, csr.row, (csr.col == csr.col[0]).float()) > 0)


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_features_alone_need_no_gradient(reduce):
    csr = random_csr(*GRAPHS["few neighbours"])
    tensors = [t.requires_grad_(k != 3) for k, t in enumerate(inputs(csr, 8, 8, 2))]
    grads = []
    for backend in ("triton", "reference"):
        out = run(reduce, csr, backend, *tensors).sin().sum()
        grads.append(torch.autograd.grad(out, [t for t in tensors if t.requires_grad]))
    torch.testing.assert_close(*grads, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_same_bits(reduce):
    csr = random_csr(*GRAPHS["few neighbours"])
    tensors = [t.requires_grad_() for t in inputs(csr, 8, 8, 2)]
    runs = []
    for _ in range(2):
        out = run(reduce, csr, "triton", *tensors)
        runs.append((out, *torch.autograd.grad(out.sin().sum(), tensors)))
    assert all(torch.equal(a, b) for a, b in zip(*runs, strict=True))
