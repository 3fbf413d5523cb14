import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from graphvision.models import ViT, multiply_adds
from graphvision.models.vit import positions_at


def norm(weights, name, x):
    x = x - x.mean(-1, keepdim=True)
    x = x / (x.square().mean(-1, keepdim=True) + 1e-6).sqrt()
    return x * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def attention(weights, name, x, heads):
    """Each head by itself, with softmax written out."""
    projected = F.linear(x, weights[f"{name}.in_proj_weight"], weights[f"{name}.in_proj_bias"])
    out = []
    for q, k, v in zip(*(part.chunk(heads, -1) for part in projected.chunk(3, -1)), strict=True):
        logits = (q @ k.transpose(1, 2) / q.shape[-1] ** 0.5).exp()
        out.append(logits @ v / logits.sum(-1, keepdim=True))
    out = torch.cat(out, -1)
    return F.linear(out, weights[f"{name}.out_proj.weight"], weights[f"{name}.out_proj.bias"])


def linear(weights, name, x):
    return F.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])


@pytest.mark.parametrize("training", [False, True])
def test_matches_oracle(training):
    """Equations 1 to 4 of the paper, patch by patch, on an image with a remainder."""
    model = ViT(2, 3, (11, 9), patch_size=4, width=6, depth=2, heads=2).double().train(training)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    weights, image = model.state_dict(), torch.rand(2, 2, 11, 9).double()
    padded = torch.zeros(2, 2, 12, 12).double()
    padded[:, :, :11, :9] = image
    tokens = [weights["class_token"][0].expand(2, 6)]
    for i in range(0, 12, 4):
        for j in range(0, 12, 4):
            patch = padded[:, :, i : i + 4, j : j + 4].flatten(1)
            flat = weights["conv_proj.weight"].flatten(1)
            tokens.append(patch @ flat.T + weights["conv_proj.bias"])
    x = torch.stack(tokens, 1) + weights["encoder.pos_embedding"]
    for i in range(2):
        name = f"encoder.layers.encoder_layer_{i}"
        normed = norm(weights, f"{name}.ln_1", x)
        x = x + attention(weights, f"{name}.self_attention", normed, 2)
        hidden = linear(weights, f"{name}.mlp.0", norm(weights, f"{name}.ln_2", x))
        gelu = hidden * (1 + torch.erf(hidden / 2**0.5)) / 2
        x = x + linear(weights, f"{name}.mlp.3", gelu)
    logits = linear(weights, "heads.head", norm(weights, "encoder.ln", x)[:, 0])
    with torch.set_grad_enabled(training):
        torch.testing.assert_close(model(image), logits, rtol=1e-10, atol=1e-10)


def test_other_image_sizes():
    """Positions are interpolated: a model takes any size, and weights move to another size."""
    model = ViT(1, 3, (16, 16), patch_size=4, width=6, depth=1, heads=2).eval()
    assert model(torch.rand(2, 1, 21, 40)).shape == (2, 3)


def test_positions_of_another_grid():
    """A ramp over the rows stays a ramp between the outer rows' centres; the token stays."""
    ramp = torch.arange(6.0).repeat_interleave(4).view(1, 24, 1)
    embedding = torch.cat([torch.full((1, 1, 1), 9.0), ramp], 1)
    assert positions_at(embedding, (6, 4), (6, 4)) is embedding
    moved = positions_at(embedding, (6, 4), (12, 8))
    assert moved.shape == (1, 97, 1)
    assert moved[0, 0] == 9
    rows = moved[0, 1:].view(12, 8)
    torch.testing.assert_close(rows, rows[:, :1].expand(12, 8))
    ramp = torch.tensor([1.75, 2.25, 2.75, 3.25])  # bicubic follows a ramp to 0.05
    torch.testing.assert_close(rows[4:8, 0], ramp, atol=0.05, rtol=0)


@pytest.mark.parametrize(
    ("size", "patch"), [((224, 224), 16), ((28, 28), 4), ((64, 112), 8), ((1, 9), 1)]
)
def test_patch_size_by_image_size(size, patch):
    with torch.device("meta"):
        assert ViT(image_size=size).patch_size == patch


def test_multiply_adds_by_hand():
    """All linear maps, and both products of attention."""
    count = multiply_adds(ViT(3, 1000, (224, 224)), torch.rand(1, 3, 224, 224))
    tokens, width = 197, 192
    block = 12 * tokens * width**2 + 2 * tokens**2 * width
    assert count == 196 * 768 * width + 12 * block + 1000 * width


def test_errors():
    with pytest.raises(ValueError, match=r"`width` must be a multiple of `heads` \(5\), got 192"):
        ViT(heads=5)
    with pytest.raises(ValueError, match="`patch_size`, `depth` and `heads` must be at least 1"):
        ViT(patch_size=0)
