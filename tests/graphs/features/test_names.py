import pytest
import torch

import graphvision as gv
from graphvision.graphs import EDGE_FEATURES, NODE_FEATURES


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize(
    ("ndim", "partition"), [(1, gv.Samples()), (2, gv.Pixels()), (3, gv.Voxels())]
)
def test_one_name_per_column(channels, ndim, partition):
    image = torch.rand(channels, *[3] * ndim)
    graph = gv.image_graph(image, partition, node_features="all", edge_features="all")
    names = gv.feature_names("all", channels, ndim=ndim)
    assert len(names) == len(set(names)) == graph.x.shape[1]
    names = gv.feature_names("all", channels, kind="edge", ndim=ndim)
    assert len(names) == len(set(names)) == graph.edge_attr.shape[1]


@pytest.mark.parametrize("name", NODE_FEATURES)
def test_width_of_each_node_feature(name):
    graph = gv.image_graph(torch.rand(3, 4, 4), gv.Patches(2), node_features=name)
    assert graph.x.shape[1] == len(gv.feature_names(name, 3))


@pytest.mark.parametrize("name", EDGE_FEATURES)
def test_width_of_each_edge_feature(name):
    graph = gv.image_graph(torch.rand(3, 4, 4), gv.Patches(2), edge_features=(name,))
    assert graph.edge_attr.shape[1] == len(gv.feature_names(name, 3, kind="edge"))


def test_order_is_the_one_asked_for():
    image = torch.rand(1, 4, 4)
    graph = gv.image_graph(image, gv.Patches(2), node_features=("area", "mean"))
    assert (graph.x[:, 0] == 4).all()
    none = gv.image_graph(image, gv.Patches(2), node_features=(), edge_features=())
    assert none.x.shape == (4, 0)
    assert none.edge_attr.shape == (12, 0)


def test_errors():
    image = torch.rand(1, 4, 4)
    with pytest.raises(ValueError, match="`node_features` must be 'all' or names of"):
        gv.image_graph(image, gv.Pixels(), node_features=("colour",))
    with pytest.raises(ValueError, match="`edge_features` must be 'all' or names of"):
        gv.image_graph(image, gv.Pixels(), edge_features="weight")
    with pytest.raises(ValueError, match="every name once"):
        gv.image_graph(image, gv.Pixels(), node_features=("mean", "mean"))
    with pytest.raises(ValueError, match="got 'orientation'"):
        gv.image_graph(torch.rand(1, 4), gv.Samples(), node_features="orientation")
    with pytest.raises(ValueError, match="`kind` must be 'node' or 'edge'"):
        gv.feature_names("all", kind="graph")
