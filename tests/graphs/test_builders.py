import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from torch_geometric.data import Batch

import graphvision as gv

ALL = {"node_features": "all", "edge_features": "all"}


@st.composite
def images(draw, most=12):
    b, c = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    h, w = draw(st.integers(1, most)), draw(st.integers(1, most))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    image = torch.rand(b, c, h, w, generator=generator)
    return image * draw(st.sampled_from([0.0, 1.0, -5.0]))


def assert_equals_loop(build, image):
    batch = build(image)
    assert batch.validate()
    singles = [build(one) for one in image]
    expected = Batch.from_data_list(singles)
    assert batch.keys() == expected.keys()
    for key in expected.keys():  # noqa: SIM118
        assert torch.equal(batch[key], expected[key]), key
    for got, single in zip(batch.to_data_list(), singles, strict=True):
        assert single.validate()
        assert all(torch.equal(got[key], single[key]) for key in single.keys())  # noqa: SIM118


@given(image=images(), connectivity=st.sampled_from([4, 8]))
def test_grid_batch_equals_loop(image, connectivity):
    assert_equals_loop(lambda i: gv.grid_graph(i, connectivity, **ALL), image)


@given(
    image=images(), size=st.integers(1, 6), adjacency=st.sampled_from([4, 8, "border", "complete"])
)
def test_patch_batch_equals_loop(image, size, adjacency):
    assert_equals_loop(lambda i: gv.patch_graph(i, size, adjacency, **ALL), image)


@given(image=images(), share=st.floats(0, 1), exact=st.booleans())
def test_superpixel_batch_equals_loop(image, share, exact):
    n = max(1, int(share * image.shape[2] * image.shape[3]))
    assert_equals_loop(lambda i: gv.superpixel_graph(i, n, exact=exact, **ALL), image)
    if exact:
        batch = gv.superpixel_graph(image, n, exact=True)
        assert batch.ptr.diff().tolist() == [n] * len(image)


@given(image=images(), seed=st.integers(0, 10**6), split=st.sampled_from(["keep", "split"]))
def test_label_graphs_are_valid(image, seed, split):
    generator = torch.Generator().manual_seed(seed)
    label_map = torch.randint(-1, 5, (len(image), *image.shape[2:]), generator=generator)
    for adjacency in (None, "complete", gv.KNearest(3, by="feature"), gv.Radius(2.5)):
        labels = gv.Labels(label_map, disconnected=split)
        assert gv.image_graph(image, labels, adjacency, **ALL).validate()


@settings(max_examples=15)
@given(image=images())
def test_backends_agree(image):
    labels = gv.Labels(torch.arange(image[0, 0].numel()).view(image.shape[2:]) // 5)
    slow, fast = (
        gv.image_graph(image.double(), labels, backend=b, **ALL) for b in ("reference", "numba")
    )
    for key in slow.keys():  # noqa: SIM118
        torch.testing.assert_close(slow[key], fast[key], rtol=1e-12, atol=1e-7)


def test_inputs():
    array = np.random.default_rng(0).integers(0, 255, (6, 8, 3)).astype(np.uint8)
    graph = gv.patch_graph(array, 2)
    tensor = torch.from_numpy(array).permute(2, 0, 1)
    assert torch.equal(graph.x, gv.patch_graph(tensor, 2).x)
    assert gv.grid_graph(array[:, :, 0]).x.shape == (48, 1)


def test_different_sizes_with_masks_through_a_loader():
    from torch_geometric.loader import DataLoader

    graphs = []
    for h, w in ((5, 6), (4, 9), (7, 3)):
        mask = torch.rand(h, w) > 0.3
        graphs.append(gv.grid_graph(torch.rand(2, h, w), mask=mask))
    for batch in DataLoader(graphs, batch_size=3):
        assert batch.validate()
        for got, expected in zip(batch.to_data_list(), graphs, strict=True):
            assert all(torch.equal(got[k], expected[k]) for k in expected.keys())  # noqa: SIM118
        assert torch.equal(batch.global_assign[batch.assign < 0], batch.assign[batch.assign < 0])


def test_same_bits_for_any_thread_count():
    image = torch.rand(6, 3, 40, 40)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = gv.superpixel_graph(image, 30, **ALL)
        torch.set_num_threads(3)
        three = gv.superpixel_graph(image, 30, **ALL)
    finally:
        torch.set_num_threads(threads)
    assert all(torch.equal(one[k], three[k]) for k in one.keys())  # noqa: SIM118


def test_edge_cases():
    for build in (gv.grid_graph, gv.patch_graph, lambda i, **k: gv.superpixel_graph(i, 1, **k)):
        one = build(torch.rand(3, 1, 1), **ALL)
        assert (one.num_nodes, one.num_edges) == (1, 0)
        assert one.validate()
    flat = gv.superpixel_graph(torch.zeros(3, 28, 28), 75, exact=True, **ALL)
    assert flat.num_nodes == 75
    assert flat.validate()


def test_fully_masked():
    nothing = torch.zeros(4, 5, dtype=torch.bool)
    for build in (gv.grid_graph, lambda i, **k: gv.superpixel_graph(i, 2, **k)):
        graph = build(torch.rand(3, 4, 5), mask=nothing, **ALL)
        assert (graph.num_nodes, graph.num_edges) == (0, 0)
        assert graph.validate()
        assert gv.rasterize(graph.x, graph, fill=7.0).shape == (graph.x.shape[1], 4, 5)
        some = torch.stack([nothing, ~nothing])
        batch = build(torch.rand(2, 3, 4, 5), mask=some, **ALL)
        assert batch.validate()
        assert [g.num_nodes == 0 for g in batch.to_data_list()] == [True, False]


def test_errors():
    image = torch.rand(1, 4, 4)
    with pytest.raises(ValueError, match="n_segments"):
        gv.superpixel_graph(image, 17)
    with pytest.raises(ValueError, match="finite"):
        gv.grid_graph(image * float("nan"))
    with pytest.raises(ValueError, match="`adjacency` must be"):
        gv.image_graph(image, gv.Pixels(), "knn")

    class Gap(gv.AbstractPartition):
        def assign(self, image):
            return torch.full((len(image), *image.shape[2:]), 3)

    with pytest.raises(ValueError, match="use every label"):
        gv.image_graph(image, Gap(), "complete")

    class Flat(gv.AbstractPartition):
        def assign(self, image):
            return torch.zeros(2, 2, 2, dtype=torch.int64)

    with pytest.raises(ValueError, match=r"int64 labels of shape \(1, 4, 4\)"):
        gv.image_graph(image, Flat())
