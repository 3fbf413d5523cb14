import torch

from graphvision.models import MLP


def test_pixels_have_no_neighbourhood():
    """Moving all pixels and the first layer's columns alike changes nothing."""
    model, order = MLP(image_size=(4, 5)).double(), torch.randperm(20)
    images = torch.rand(3, 1, 4, 5, dtype=torch.float64)
    before = model(images)
    first = model.layers[1]
    first.weight.data = first.weight.data[:, order]
    after = model(images.flatten(1)[:, order].reshape(3, 1, 4, 5))
    torch.testing.assert_close(before, after)
