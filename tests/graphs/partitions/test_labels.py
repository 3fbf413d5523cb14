import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given
from scipy import ndimage

import graphvision as gv
from graphvision.graphs import Labels


@given(seed=st.integers(0, 10**6), most=st.integers(1, 9), b=st.integers(1, 3))
def test_compacts_in_increasing_order(seed, most, b):
    generator = torch.Generator().manual_seed(seed)
    label_map = torch.randint(-1, most, (b, 4, 6), generator=generator) * 7
    labels = Labels(label_map, ignore=-7).assign(torch.zeros(b, 1, 4, 6))
    for one, given_map in zip(labels, label_map, strict=True):
        used = given_map[given_map != -7].unique().tolist()
        assert [given_map[one == i].unique().tolist() for i in range(len(used))] == [
            [u] for u in used
        ]
        assert torch.equal(one == -1, given_map == -7)


@given(seed=st.integers(0, 10**6), most=st.integers(1, 4))
def test_split_matches_scipy(seed, most):
    label_map = np.random.default_rng(seed).integers(-1, most, (2, 7, 8))
    labels = Labels(label_map, disconnected="split").assign(torch.zeros(2, 1, 7, 8))
    for one, given_map in zip(labels.numpy(), label_map, strict=True):
        expected, count = np.full((7, 8), -1), 0
        for label in range(most):
            pieces, n = ndimage.label(given_map == label)
            expected[pieces > 0] = pieces[pieces > 0] - 1 + count
            count += n
        assert np.array_equal(one, expected)


def test_every_number_can_be_a_label():
    label_map = torch.tensor([[-1, -1, 2**62]])
    labels = Labels(label_map, ignore=None).assign(torch.zeros(1, 1, 1, 3))
    assert labels.tolist() == [[[0, 0, 1]]]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.uint32, bool])
def test_dtypes(dtype):
    labels = Labels(np.array([[0, 1], [1, 0]], dtype)).assign(torch.zeros(1, 1, 2, 2))
    assert labels.tolist() == [[[0, 1], [1, 0]]]


def test_scikit_image_segmenters():
    from skimage.segmentation import felzenszwalb, quickshift, watershed

    image = torch.rand(20, 24, 3, dtype=torch.float64).numpy()
    for label_map in (
        felzenszwalb(image, scale=20),
        quickshift(image, kernel_size=2, max_dist=4),
        watershed(image.mean(2), markers=12, watershed_line=True),
    ):
        graph = gv.image_graph(image, Labels(label_map), node_features="all", edge_features="all")
        assert graph.validate()
        assert graph.num_nodes == len(np.unique(label_map))


def test_all_ignored():
    graph = gv.image_graph(torch.rand(1, 2, 3), Labels(torch.full((2, 3), -1)))
    assert graph.num_nodes == graph.num_edges == 0
    assert graph.validate()


@pytest.mark.parametrize(
    "bad", [np.zeros((2, 2)), np.zeros(4, int), "ab", np.zeros((1, 1, 2, 2), int)]
)
def test_errors_of_maps(bad):
    with pytest.raises(ValueError, match="`label_map` must hold integers"):
        Labels(bad)


def test_errors():
    with pytest.raises(ValueError, match="'keep' or 'split', got 'drop'"):
        Labels(np.zeros((2, 2), int), disconnected="drop")
    with pytest.raises(ValueError, match=r"`label_map` must have shape \(3, 2\) or \(1, 3, 2\)"):
        Labels(np.zeros((2, 3), int)).assign(torch.zeros(1, 1, 3, 2))


@pytest.mark.parametrize("step", [1, 7, 10**15])
@pytest.mark.parametrize("ignore", [None, 3])
def test_ranks_are_those_of_numpy(step, ignore):
    labels = np.random.default_rng(0).integers(-5, 5, (3, 6, 7))
    found = gv.Labels(labels * step, ignore=ignore if ignore is None else ignore * step)
    for assigned, image in zip(found.assign(torch.zeros(3, 1, 6, 7)), labels, strict=True):
        valid = np.ones_like(image, bool) if ignore is None else image != ignore
        wanted = np.full_like(image, -1)
        wanted[valid] = np.unique(image[valid], return_inverse=True)[1]
        assert (assigned.numpy() == wanted).all()
