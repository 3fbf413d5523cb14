import pytest
import torch
from torch import nn

from graphvision.models import LeNet5


def test_matches_oracle():
    """The same layers written as a plain sequence."""
    model = LeNet5()
    oracle = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )
    weights = model.state_dict()
    assert list(weights)[:2] == ["conv1.weight", "conv1.bias"]
    oracle.load_state_dict(dict(zip(oracle.state_dict(), weights.values(), strict=True)))
    images = torch.rand(3, 1, 28, 28)
    assert torch.equal(model(images), oracle(images))


@pytest.mark.parametrize("size", [(12, 12), (13, 40), (32, 32), (28, 29)])
def test_edge_cases(size):
    model = LeNet5(in_channels=3, num_classes=2, image_size=size)
    assert model(torch.rand(2, 3, *size)).shape == (2, 2)


def test_errors():
    with pytest.raises(ValueError, match=r"`image_size` must be .* at least 12, got \(8, 8\)"):
        LeNet5(image_size=(8, 8))
