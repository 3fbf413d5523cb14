import numpy as np
import pytest
import torch

import graphvision as gv
from graphvision.nn import PositionPool


@pytest.fixture
def graph():
    images = torch.rand(3, 1, 9, 14, generator=torch.Generator().manual_seed(0))
    return gv.superpixel_graph(images, 12)


def features(graph, channels=3):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(len(graph.x), channels, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("backend", ["reference", "numba"])
@pytest.mark.parametrize("size", [1, 3, 4])
def test_matches_oracle(graph, size, backend):
    x = features(graph)
    floor = 0.1
    want = np.zeros((3, size, size, 3))
    for b in range(3):
        total = np.zeros((size, size))
        for j in np.flatnonzero(graph.batch.numpy() == b):
            y = (graph.pos[j, 0].item() + 0.5) / 9 * size - 0.5
            z = (graph.pos[j, 1].item() + 0.5) / 14 * size - 0.5
            y, z = min(max(y, 0), size - 1), min(max(z, 0), size - 1)
            for p in range(size):
                for q in range(size):
                    hat = max(0, 1 - abs(y - p)) * max(0, 1 - abs(z - q))
                    total[p, q] += hat
                    want[b, p, q] += hat * x[j].numpy()
        want[b] /= np.maximum(total, floor)[..., None]
    got = PositionPool(size, floor=floor, backend=backend)(x, graph)
    torch.testing.assert_close(
        got, torch.from_numpy(want).reshape(3, -1), rtol=1e-5, atol=1e-5
    )  # positions are float32


def test_on_a_grid_it_is_a_window():
    image = torch.rand(2, 3, 6, 6, dtype=torch.float64)
    graph = gv.grid_graph(image)
    got = PositionPool(3)(graph.x, graph).view(2, 3, 3, 3)[:, 1, 1]
    weights = torch.tensor([0.25, 0.75, 0.75, 0.25], dtype=torch.float64)
    window = weights[:, None] * weights / weights.sum() ** 2
    torch.testing.assert_close(got, (image[:, :, 1:5, 1:5] * window).sum((2, 3)))


def test_gradients(graph):
    x = features(graph).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: PositionPool(3)(x, graph), (x,))


def test_batch_equals_loop(graph):
    x = features(graph)
    alone = [PositionPool(3)(x[graph.batch == b], graph[b]) for b in range(3)]
    torch.testing.assert_close(PositionPool(3)(x, graph), torch.cat(alone), rtol=1e-12, atol=1e-12)


def test_edge_cases(graph):
    pool = PositionPool(7)
    assert not pool(torch.zeros(len(graph.x), 2), graph).any()
    single = gv.grid_graph(torch.rand(1, 1, 1))
    assert PositionPool(1)(single.x, single).shape == (1, 1)
    line = gv.image_graph(torch.rand(1, 5), gv.Samples())
    assert PositionPool(2, dims=1)(line.x, line).shape == (1, 2)


def test_errors():
    with pytest.raises(ValueError, match=r"`size` and `floor` must be positive, got 0 and 0\.1"):
        PositionPool(0)
