import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from graphvision.models import VGG


@pytest.mark.parametrize("batch_norm", [False, True])
def test_matches_oracle(batch_norm):
    """Column A of the paper's table 1."""
    model = VGG(2, 3, depth=11, batch_norm=batch_norm).eval()
    weights, image = model.state_dict(), torch.rand(2, 2, 64, 41)
    x, index = image, 0
    for mark in (64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"):
        if mark == "M":
            x, index = F.max_pool2d(x, 2), index + 1
            continue
        name = f"features.{index}"
        x = F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], padding=1)
        assert x.shape[1] == mark
        if batch_norm:  # fresh statistics: mean 0 and variance 1
            x = x / (1 + 1e-5) ** 0.5
        x, index = x.relu(), index + 2 + batch_norm
    x = F.adaptive_avg_pool2d(x, 7).flatten(1)
    for i in (0, 3, 6):
        x = F.linear(x, weights[f"classifier.{i}.weight"], weights[f"classifier.{i}.bias"])
        x = x.relu() if i < 6 else x
    torch.testing.assert_close(model(image), x)


@pytest.mark.parametrize(("depth", "count"), [(13, 133_047_848), (19, 143_667_240)])
def test_other_depths_have_the_published_count(depth, count):
    with torch.device("meta"):
        model = VGG(3, 1000, (224, 224), depth=depth)
    assert sum(p.numel() for p in model.parameters()) == count


def test_errors():
    with pytest.raises(ValueError, match=r"`image_size` must be .* 32, got \(28, 28\)"):
        VGG(image_size=(28, 28))
    with pytest.raises(ValueError, match=r"`depth` must be one of \[11, 13, 16, 19\], got 12"):
        VGG(depth=12)
