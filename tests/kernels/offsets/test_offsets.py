import pytest
import torch

from graphvision.kernels.columns import Columns
from graphvision.kernels.offsets import edge_offsets


@pytest.mark.parametrize("backend", ["reference", "numba"])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_matches_oracle(backend, axes):
    pos = torch.rand(20, axes, dtype=torch.float64)
    edge_index = torch.randint(0, 20, (2, 60))
    out = Columns.make({"other": 1, "distance": 1, "displacement": axes}, pos, 60)
    out.table.fill_(-1.0)
    edge_offsets(pos, edge_index, out, backend=backend)
    for row, (j, i) in zip(out.table, edge_index.T.tolist(), strict=True):
        step = pos[j] - pos[i]
        wanted = torch.cat([torch.tensor([-1.0]), step.square().sum().sqrt()[None], step])
        torch.testing.assert_close(row, wanted.double(), rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("backend", ["reference", "numba"])
def test_writes_only_what_is_asked_for(backend):
    pos, edge_index = torch.rand(3, 2), torch.tensor([[0, 1], [1, 2]])
    out = Columns.make({"distance": 1}, pos, 2)
    edge_offsets(pos, edge_index, out, backend=backend)
    expected = (pos[:2] - pos[1:]).norm(dim=1, keepdim=True)
    torch.testing.assert_close(out.table, expected)
    empty = Columns.make({"distance": 1}, pos, 0)
    edge_offsets(pos, edge_index[:, :0], empty, backend=backend)
    assert empty.table.shape == (0, 1)


def test_no_edge_is_read_where_nothing_is_asked_for(monkeypatch):
    def fail(*_):
        raise AssertionError("edges were read")

    monkeypatch.setattr("graphvision.kernels.offsets.fast", lambda *_: fail)
    pos, edge_index = torch.rand(3, 2), torch.tensor([[0, 1], [1, 2]])
    edge_offsets(pos, edge_index, Columns.make({"other": 1}, pos, 2))
    with pytest.raises(AssertionError, match="edges were read"):
        edge_offsets(pos, edge_index, Columns.make({"other": 1, "distance": 1}, pos, 2))
