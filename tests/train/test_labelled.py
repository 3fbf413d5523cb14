import pytest
import torch
from torch import nn

import graphvision as gv
from graphvision.datasets import ImageDataset
from graphvision.train.labelled import Labelled

X = torch.rand(3, 1, 2, 2)


def test_a_data_set_is_images_from_0_to_1():
    images = torch.tensor([0, 51, 255, 102], dtype=torch.uint8).view(1, 1, 2, 2)
    data = ImageDataset(images, torch.tensor([1]), ("a", "b", "c"), name="n")
    task = Labelled.of(data, "data")
    assert task.inputs.flatten().tolist() == pytest.approx([0.0, 0.2, 1.0, 0.4])
    assert task.classes == 3


def test_graphs_come_as_a_batch():
    graphs = [gv.grid_graph(image) for image in X]
    batch, labels = Labelled.of((graphs, torch.tensor([0, 1, 2])), "data").fetch(
        torch.tensor([2, 0])
    )
    assert labels.tolist() == [2, 0]
    assert torch.equal(batch.x, torch.cat([graphs[2].x, graphs[0].x]))


def test_accuracy_of_more_images_than_a_batch():
    inputs = torch.eye(3).repeat(200, 1)
    labels = torch.arange(3).repeat(200)
    labels[:150] = 0
    net = nn.Dropout(0.9)
    assert Labelled.of((inputs, labels), "data").accuracy(net) == 500 / 600
    assert net.training


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (X, "`test` must be an ImageDataset or a pair of inputs and labels, got Tensor"),
        ((X, torch.zeros(3)), r"int64 labels of shape \(n,\), got torch.float32 of shape \(3,\)"),
        ((X, [0, 1, 2]), r"int64 labels of shape \(n,\), got \[0, 1, 2\]"),
        ((X, torch.zeros(2, dtype=torch.int64)), "got 3 inputs and 2 labels"),
        (([], torch.zeros(0, dtype=torch.int64)), "got 0 inputs and 0 labels"),
        (
            ImageDataset(
                torch.zeros(0, 1, 2, 2, dtype=torch.uint8), torch.zeros(0).long(), ("a",), name="n"
            ),
            "got 0 inputs and 0 labels",
        ),
        ((X, torch.tensor([0, -2, 1])), "labels that are at least 0, got -2"),
    ],
)
def test_errors(source, message):
    with pytest.raises(ValueError, match=message):
        Labelled.of(source, "test")
