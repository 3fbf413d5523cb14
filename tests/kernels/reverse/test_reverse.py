import pytest
import torch

from graphvision.kernels.reverse import _ops, reversed_rows


def edges(targets, sources, count, dtype, seed):
    generator = torch.Generator().manual_seed(seed)
    row = torch.randint(targets, (count,), generator=generator).sort().values
    rowptr = torch.zeros(targets + 1, dtype=torch.int64)
    rowptr[1:] = torch.bincount(row, minlength=targets).cumsum(0)
    col = torch.randint(sources, (count,), generator=generator)
    return row, rowptr.to(dtype), col.to(dtype)


@pytest.mark.parametrize("backend", ["reference", "numba"])
@pytest.mark.parametrize("dtype", [torch.int32, torch.int64])
@pytest.mark.parametrize(
    ("targets", "sources", "count", "taps"),
    [(12, 7, 60, 1), (12, 7, 60, 3), (1, 1, 5, 1), (6, 9, 0, 2), (40, 3, 200, 4), (3, 50, 8, 3)],
)
def test_every_source_lists_its_edges_in_order(backend, dtype, targets, sources, count, taps):
    for seed in range(5):
        row, rowptr, col = edges(targets, sources, count, dtype, seed)
        back, target, order = reversed_rows(rowptr, col, sources, taps, backend=backend)
        assert back.dtype == target.dtype == order.dtype == dtype
        found = []
        for j in range(sources):
            for k in range(taps):
                found.append([e for e in range(count) if col[e] == j and row[e] % taps == k])
        assert back.tolist() == torch.tensor([0, *map(len, found)]).cumsum(0).tolist()
        assert order.tolist() == [e for row in found for e in row]
        assert target.tolist() == [int(row[e]) // taps for e in order.tolist()]


def test_no_sources():
    back, target, order = reversed_rows(
        torch.zeros(4, dtype=torch.int32), torch.zeros(0, dtype=torch.int32), 0
    )
    assert back.tolist() == [0]
    assert len(target) == len(order) == 0


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64])
def test_torch_knows_the_op(dtype):
    _, rowptr, col = edges(12, 7, 60, dtype, 0)
    torch.library.opcheck(_ops.REVERSED, (rowptr, col, 7, 3))
