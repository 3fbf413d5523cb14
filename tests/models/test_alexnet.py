import torch
import torch.nn.functional as F  # noqa: N812

from graphvision.models import AlexNet


def test_matches_oracle():
    model = AlexNet(2, 3).eval()
    weights, image = model.state_dict(), torch.rand(2, 2, 70, 64)
    x, windows = image, {0: (4, 2), 3: (1, 2), 6: (1, 1), 8: (1, 1), 10: (1, 1)}
    for i, (stride, padding) in windows.items():
        weight, bias = weights[f"features.{i}.weight"], weights[f"features.{i}.bias"]
        x = F.conv2d(x, weight, bias, stride, padding).relu()
        x = F.max_pool2d(x, 3, 2) if i in (0, 3, 10) else x
    x = F.adaptive_avg_pool2d(x, (6, 6)).flatten(1)
    for i in (1, 4, 6):
        x = F.linear(x, weights[f"classifier.{i}.weight"], weights[f"classifier.{i}.bias"])
        x = x.relu() if i < 6 else x
    torch.testing.assert_close(model(image), x)


def test_dropout():
    model, image = AlexNet(), torch.rand(1, 1, 63, 63)
    assert not torch.equal(model(image), model(image))
    model = AlexNet(dropout=0.0)
    assert torch.equal(model(image), model(image))
