import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given
from torch_geometric.data import Batch

import graphvision as gv

REDUCTIONS = ("sum", "mean", "min", "max", "std")


@st.composite
def label_maps(draw):
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    made = []
    same = draw(st.booleans())
    size = (draw(st.integers(1, 6)), draw(st.integers(1, 6)))
    for k in range(draw(st.integers(1, 3))):
        h, w = size if same else (size[0] + k, size[1])
        made.append(torch.randint(-1, 5, (h, w), generator=generator))
    return made


def build(maps):
    made = [gv.image_graph(torch.rand(1, *m.shape).double(), gv.Labels(m)) for m in maps]
    return made[0] if len(made) == 1 else Batch.from_data_list(made)


def flat(images):
    parts = images if isinstance(images, list) else [images]
    return torch.cat([p.flatten() for p in parts])


def random_like(images):
    if isinstance(images, list):
        return [torch.rand_like(i) for i in images]
    return torch.rand_like(images)


@given(maps=label_maps(), c=st.integers(1, 3))
def test_adjoint(maps, c):
    graph = build(maps)
    values = torch.rand(graph.num_nodes, c, dtype=torch.float64)
    painted = gv.rasterize(values, graph)
    pixels = random_like(painted)
    left = flat(painted) @ flat(pixels)
    right = (values * gv.pool_pixels(pixels, graph, reduce="sum")).sum()
    torch.testing.assert_close(left, right)


@given(maps=label_maps(), c=st.integers(1, 3))
def test_round_trip(maps, c):
    graph = build(maps)
    values = torch.rand(graph.num_nodes, c, dtype=torch.float64)
    painted = gv.rasterize(values, graph, fill=99.0)
    for reduce in ("mean", "min", "max"):
        torch.testing.assert_close(gv.pool_pixels(painted, graph, reduce=reduce), values)
    torch.testing.assert_close(
        gv.pool_pixels(painted, graph, reduce="std"), torch.zeros_like(values), atol=1e-7, rtol=0
    )


@given(maps=label_maps())
def test_matches_oracle(maps):
    graph = build(maps)
    single = not isinstance(graph, Batch)
    parts = [graph] if single else graph.to_data_list()
    values = torch.rand(graph.num_nodes, 2, dtype=torch.float64)
    painted = gv.rasterize(values, graph, fill=-1.0)
    pixels = random_like(painted)
    pooled = {r: gv.pool_pixels(pixels, graph, reduce=r) for r in REDUCTIONS}
    images, sources = ([painted], [pixels]) if single else (painted, pixels)
    first = 0
    for part, image, source in zip(parts, images, sources, strict=True):
        own = values[first : first + part.num_nodes]
        for p, node in enumerate(part.assign.tolist()):
            expected = own[node] if node >= 0 else torch.full((2,), -1.0).double()
            assert torch.equal(image.flatten(1)[:, p], expected)
        for i in range(part.num_nodes):
            inside = source.flatten(1)[:, part.assign == i]
            oracle = {
                "sum": inside.sum(1), "mean": inside.mean(1), "min": inside.amin(1),
                "max": inside.amax(1), "std": inside.std(1, correction=0),
            }  # fmt: skip
            for reduce, expected in oracle.items():
                torch.testing.assert_close(pooled[reduce][first + i], expected, atol=1e-7, rtol=0)
        first += part.num_nodes


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_gradients(reduce):
    graph = gv.image_graph(torch.rand(2, 1, 4, 5), gv.Labels(torch.arange(20).view(4, 5) // 6 - 1))
    pixels = torch.rand(2, 2, 4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda p: gv.pool_pixels(p, graph, reduce=reduce), (pixels,))
    values = torch.rand(graph.num_nodes, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda v: gv.rasterize(v, graph), (values,))


def test_shapes():
    graph = gv.patch_graph(torch.rand(1, 4, 6), 2)
    assert gv.rasterize(torch.rand(6), graph).shape == (1, 4, 6)
    assert gv.rasterize(torch.arange(6), graph).dtype == torch.int64
    batch = gv.patch_graph(torch.rand(1, 1, 4, 6), 2)
    assert gv.rasterize(torch.rand(6, 3), batch).shape == (1, 3, 4, 6)
    mixed = Batch.from_data_list([graph, gv.patch_graph(torch.rand(1, 3, 3), 2)])
    assert [tuple(i.shape) for i in gv.rasterize(torch.rand(10, 3), mixed)] == [
        (3, 4, 6),
        (3, 3, 3),
    ]
    signal = gv.image_graph(torch.rand(1, 7), gv.Samples())
    assert gv.rasterize(torch.rand(7, 2), signal).shape == (2, 7)


def test_errors():
    graph = gv.patch_graph(torch.rand(1, 4, 6), 2)
    with pytest.raises(ValueError, match="`values` must have 6 rows, one per node, got 5"):
        gv.rasterize(torch.rand(5, 1), graph)
    with pytest.raises(ValueError, match="`reduce` must be one of"):
        gv.pool_pixels(torch.rand(1, 4, 6), graph, reduce="median")
    with pytest.raises(ValueError, match="`pixels` must have a channel axis"):
        gv.pool_pixels(torch.rand(1, 6, 4), graph)
    with pytest.raises(ValueError, match="`pixels` must have a channel axis"):
        gv.pool_pixels(torch.rand(4, 6), graph)
