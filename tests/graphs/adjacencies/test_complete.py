import pytest
import torch

import graphvision as gv


@pytest.mark.parametrize("loops", [False, True])
def test_matches_oracle(loops):
    labels = torch.tensor([[[0, 1, 2]], [[-1, -1, -1]], [[0, -1, 0]], [[1, 0, 0]]])
    batch = gv.image_graph(torch.rand(4, 1, 1, 3), gv.Labels(labels), gv.Complete(loops=loops))
    expected, base = [], 0
    for n in (3, 0, 1, 2):
        expected += [(base + j, base + i) for i in range(n) for j in range(n) if loops or i != j]
        base += n
    assert torch.equal(batch.edge_index, torch.tensor(expected).t())
