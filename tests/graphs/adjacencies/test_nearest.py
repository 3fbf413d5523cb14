import pytest
import torch

import graphvision as gv


def test_by_position_and_feature():
    image = torch.tensor([[[0.0, 9.0, 8.0, 1.0]]])
    near = gv.image_graph(image, gv.Pixels(), gv.KNearest(1))
    alike = gv.image_graph(image, gv.Pixels(), gv.KNearest(1, by="feature"))
    assert near.edge_index.tolist() == [[1, 0, 1, 2], [0, 1, 2, 3]]
    assert alike.edge_index.tolist() == [[3, 2, 1, 0], [0, 1, 2, 3]]


def test_more_than_there_are():
    image = torch.rand(2, 1, 2, 2)
    batch = gv.image_graph(image, gv.Pixels(), gv.KNearest(50))
    assert torch.equal(batch.edge_index, gv.image_graph(image, gv.Pixels(), "complete").edge_index)


def test_gradients_pass_features_by():
    image = torch.rand(1, 4, 4, dtype=torch.float64, requires_grad=True)
    graph = gv.image_graph(image, gv.Patches(2), gv.KNearest(2, by="feature"))
    graph.x.sum().backward()
    assert image.grad is not None


@pytest.mark.parametrize("k", [0, -1, True])
def test_errors(k):
    with pytest.raises(ValueError, match="`k` must be an integer of at least 1"):
        gv.KNearest(k)
    with pytest.raises(ValueError, match="'position' or 'feature', got 'colour'"):
        gv.KNearest(1, by="colour")
