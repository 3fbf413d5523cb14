import pytest
import torch

from graphvision.kernels import BackendUnavailable
from graphvision.kernels.ranges import copy_ranges

BACKENDS = ("reference", "numba")
DTYPES = (torch.float32, torch.float64, torch.int16, torch.int32, torch.int64, torch.uint8)


def ranges(count, rows):
    begin = torch.randint(rows - 5, (count,))
    counts = torch.randint(6, (count,))
    return begin, torch.cat([torch.zeros(1, dtype=torch.int64), counts.cumsum(0)])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("shape", "dim"), [((50,), 0), ((50, 3), 0), ((2, 50), -1), ((3, 50, 2), 1)]
)
@pytest.mark.parametrize("adds", [False, True])
def test_matches_a_loop(backend, dtype, shape, dim, adds):
    values = torch.randint(100, shape).to(dtype)
    begin, first = ranges(20, 50)
    add = torch.randint(50, (20,)) if adds else None
    parts = [
        values.narrow(dim, int(b), int(n)) + (add[i].to(dtype) if adds else 0)
        for i, (b, n) in enumerate(zip(begin, first.diff(), strict=True))
    ]
    got = copy_ranges(values, begin, first, add, dim=dim, backend=backend)
    assert got.dtype == dtype
    assert torch.equal(got, torch.cat(parts, dim))


@pytest.mark.parametrize("backend", BACKENDS)
def test_writes_into_a_wider_type(backend):
    values = torch.arange(50, dtype=torch.int16)
    begin, first = ranges(9, 50)
    out = torch.full((2, int(first[-1])), -1)
    add = torch.arange(9) * 100_000
    made = copy_ranges(values, begin, first, add, out=out[1], backend=backend)
    want = copy_ranges(values.long(), begin, first, add, backend="reference")
    assert torch.equal(made, want)
    assert torch.equal(out[1], want)
    assert out[0].eq(-1).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_edge_cases(backend):
    none = torch.empty(0, dtype=torch.int64)
    assert copy_ranges(torch.ones(3), none, torch.tensor([0]), backend=backend).shape == (0,)
    zero, end = torch.tensor([0]), torch.tensor([0, 0])
    assert copy_ranges(torch.ones(0, 2), zero, end, backend=backend).shape == (0, 2)
    strided = torch.arange(12.0).view(3, 4).T
    got = copy_ranges(strided, torch.tensor([2, 0]), torch.tensor([0, 2, 3]), backend=backend)
    assert torch.equal(got, strided[[2, 3, 0]])


def test_same_for_any_thread_count():
    values = torch.randn(100_000, 7)
    begin, first = ranges(60_000, 100_000)
    want = copy_ranges(values, begin, first, backend="reference")
    for count in (1, 2, 3):
        torch.set_num_threads(count)
        assert torch.equal(copy_ranges(values, begin, first, backend="numba"), want)


def test_errors():
    first = torch.tensor([0, 2])
    for begin in (-1, 3):
        with pytest.raises(IndexError, match=r"ranges must lie within the 4 rows of `values`"):
            copy_ranges(torch.ones(4), torch.tensor([begin]), first)
    with pytest.raises(IndexError, match=r"ranges must lie"):
        copy_ranges(torch.ones(4), torch.tensor([1, 1]), torch.tensor([0, 2, 1]))
    with pytest.raises(BackendUnavailable, match=r"'numba' of `copy_ranges` needs"):
        copy_ranges(torch.ones(4).bool(), torch.tensor([1]), first, backend="numba")
    assert copy_ranges(torch.ones(4).bool(), torch.tensor([1]), first).tolist() == [True, True]
