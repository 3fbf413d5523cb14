import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given

import graphvision as gv
from graphvision.graphs import Offsets


def brute(labels, offsets):
    edges, base = [], 0
    for one in labels:
        h, w = one.shape
        found = []
        for y in range(h):
            for x in range(w):
                for dy, dx in offsets:
                    v, u = y + dy, x + dx
                    inside = 0 <= v < h and 0 <= u < w and one[y, x] >= 0
                    if inside and one[v, u] >= 0:
                        found.append((base + int(one[y, x]), base + int(one[v, u])))
        edges += sorted(found)
        base += int(one.max()) + 1
    return torch.tensor(edges).view(-1, 2).t().flip(0)


offset_lists = st.lists(
    st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=0, max_size=6, unique=True
)


@given(
    h=st.integers(1, 6), w=st.integers(1, 6), offsets=offset_lists, masked=st.booleans(),
    seed=st.integers(0, 10**6),
)  # fmt: skip
def test_matches_oracle(h, w, offsets, masked, seed):
    generator = torch.Generator().manual_seed(seed)
    mask = torch.rand(2, h, w, generator=generator) > 0.3 if masked else None
    pixels = gv.Pixels(mask)
    image = torch.rand(2, 1, h, w)
    batch = gv.image_graph(image, pixels, Offsets(offsets))
    assert torch.equal(batch.edge_index, brute(pixels.assign(image), offsets))


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("dilation", [1, 2])
def test_window_matches_unfold(k, dilation):
    h, w = 6, 7
    places = torch.arange(1.0, h * w + 1).view(1, 1, h, w)
    lead = dilation * ((k - 1) // 2)
    reach = dilation * (k - 1) - lead
    padded = torch.nn.functional.pad(places, (lead, reach, lead, reach))
    taps = torch.nn.functional.unfold(padded, k, dilation=dilation)[0].long().t() - 1
    target, tap = (taps >= 0).nonzero(as_tuple=True)
    graph = gv.image_graph(places, gv.Pixels(), Offsets.window(k, dilation=dilation, loops=True))
    assert torch.equal(graph.edge_index, torch.stack([taps[target, tap], target]))


def test_matches_networkx():
    nx = pytest.importorskip("networkx")
    graph = gv.grid_graph(torch.rand(1, 4, 5), connectivity=4)
    expected = nx.grid_2d_graph(4, 5).to_directed()
    pairs = {(a[0] * 5 + a[1], b[0] * 5 + b[1]) for a, b in expected.edges}
    assert set(map(tuple, graph.edge_index.t().tolist())) == pairs


def test_displacement_is_the_offset():
    graph = gv.image_graph(torch.rand(1, 5, 6), gv.Pixels(), Offsets([(1, -2)]))
    assert (graph.edge_attr == torch.tensor([1.0, -2.0])).all()


def test_loops():
    graph = gv.image_graph(torch.rand(1, 3, 3), gv.Pixels(), Offsets(4, loops=True))
    assert graph.num_edges == 9 + 24
    assert not gv.grid_graph(torch.rand(1, 3, 3)).has_self_loops()


def test_errors():
    image = torch.rand(1, 4, 4)
    with pytest.raises(ValueError, match="every offset once"):
        Offsets([(0, 1), (0, 1)])
    with pytest.raises(ValueError, match="must have 2 numbers each"):
        gv.image_graph(image, gv.Pixels(), Offsets([(1,)]))
    with pytest.raises(ValueError, match=r"one of \[4, 8\] on this grid, got 5"):
        gv.grid_graph(image, 5)
    with pytest.raises(ValueError, match="needs a partition on a grid"):
        gv.image_graph(image, gv.Labels(torch.zeros(4, 4, dtype=torch.int64)), Offsets(4))
    with pytest.raises(ValueError, match="at least 1"):
        Offsets.window(0)
    with pytest.raises(ValueError, match="at least 1"):
        Offsets.window(3, dilation=0)
