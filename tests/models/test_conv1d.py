import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from graphvision.models import SignalNet


def test_matches_oracle():
    model = SignalNet(2, 3, width=4).double().eval()
    weights, x = model.state_dict(), torch.rand(2, 2, 21).double()
    logits = model(x)
    for i in (0, 3, 6):
        weight, bias = weights[f"features.{i}.weight"], weights[f"features.{i}.bias"]
        padded = F.pad(x, (weight.shape[2] // 2,) * 2).unfold(2, weight.shape[2], 1)
        x = torch.einsum("bcnk,dck->bdn", padded, weight) + bias[:, None]
        x = (x / (1 + 1e-5) ** 0.5).relu()  # fresh statistics: mean 0 and variance 1
    expected = x.mean(2) @ weights["fc.weight"].T + weights["fc.bias"]
    torch.testing.assert_close(logits, expected, rtol=1e-12, atol=1e-12)


def test_shifts_hardly_matter():
    """A convolution sees the same pattern anywhere, and the mean forgets where."""
    model = SignalNet(width=4).double().eval()
    signal = torch.zeros(1, 1, 200).double()
    signal[..., 90:100] = torch.randn(10).double()
    torch.testing.assert_close(model(signal), model(signal.roll(31, 2)))


@pytest.mark.parametrize("length", [1, 2, 1000])
def test_edge_cases(length):
    assert SignalNet(image_size=(length,)).eval()(torch.rand(1, 1, length)).shape == (1, 10)


def test_errors():
    with pytest.raises(ValueError, match=r"`image_size` must be \(length,\), at least 1, got \(0"):
        SignalNet(image_size=(0,))
    with pytest.raises(ValueError, match="`width` must be at least 1, got 0"):
        SignalNet(width=0)
