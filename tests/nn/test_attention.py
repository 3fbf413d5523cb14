import pytest
import torch
import torch.nn.functional as F  # noqa: N812

import graphvision as gv
from graphvision.kernels import BackendUnavailable
from tests.kernels.csr_cases import relative

FORMS = [{}, {"lower": False}, {"backend": "reference"}]


def tokens(heads=(2, 3), targets=4, sources=6, width=5, channels=7):
    """Query, key and value, float64, that ask for gradients."""
    shapes = [(targets, width), (sources, width), (sources, channels)]
    return [torch.randn(*heads, *s, dtype=torch.float64, requires_grad=True) for s in shapes]


def allowed():
    """A mask per sequence with a target that may attend to none."""
    mask = torch.rand(2, 1, 4, 6) < 0.6
    mask[0, 0, 1] = False
    return mask


def added():
    """A float mask per head, with -∞ in it."""
    bias = torch.randn(3, 4, 6, dtype=torch.float64)
    return bias.masked_fill(torch.rand(3, 4, 6) < 0.3, float("-inf")).requires_grad_()


OPTIONS = {
    "plain": dict,
    "bool": lambda: {"attn_mask": allowed()},
    "one mask": lambda: {"attn_mask": allowed()[1, 0]},
    "float": lambda: {"attn_mask": added()},
    "causal": lambda: {"is_causal": True},
    "scale": lambda: {"scale": 0.3, "attn_mask": allowed()},
}


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("name", OPTIONS)
def test_matches_oracle(name, form):
    qkv, options = tokens(), OPTIONS[name]()
    mask = options.get("attn_mask")
    leaves = qkv + ([mask] if mask is not None and mask.requires_grad else [])
    results = []
    for function in (
        lambda: gv.nn.attention(*qkv, **options, **form),
        lambda: F.scaled_dot_product_attention(*qkv, **options),
    ):
        out = function()
        weight = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view(out.shape)
        results.append((out, *torch.autograd.grad((out * weight).sum(), leaves)))
    for got, want in zip(*results, strict=True):
        assert got.shape == want.shape
        assert relative(got, want) <= 1e-12
    assert torch.equal(results[0][0], results[1][0]) or form


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_shapes(form):
    for heads in ((), (3,), (2, 2, 2)):
        q, k, v = tokens(heads)
        want = F.scaled_dot_product_attention(q, k, v)
        torch.testing.assert_close(gv.nn.attention(q, k, v, **form), want, rtol=1e-12, atol=1e-12)
    q, k, v = tokens((2, 6))[0], *(t[:, :3] for t in tokens((2, 6))[1:])
    want = F.scaled_dot_product_attention(q, k, v, enable_gqa=True)
    got = gv.nn.attention(q, k, v, enable_gqa=True, **form)
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)
    q, k, v = tokens(width=7, channels=3)
    want = F.scaled_dot_product_attention(q, k, v)
    torch.testing.assert_close(gv.nn.attention(q, k, v, **form), want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_dropout_silences_edges(form):
    """Uniform shares of values that name their sender: the result says which edges were heard."""
    zero, eye = torch.zeros(1, 1, 400, 4), torch.eye(50).expand(1, 1, 50, 50)
    out = gv.nn.attention(zero, torch.zeros(1, 1, 50, 4), eye, dropout_p=0.25, **form)
    assert {round(x, 4) for x in out.flatten().tolist()} == {0.0, round(1 / 50 / 0.75, 4)}
    assert (out == 0).double().mean().item() == pytest.approx(0.25, abs=0.02)
    assert out[0, 0, 0].ne(out[0, 0, 1]).any()
    same = gv.nn.attention(zero, torch.zeros(1, 1, 50, 4), eye, **form)
    torch.testing.assert_close(same, torch.full_like(same, 1 / 50))


def test_same_drawing_as_torch():
    q, k, v = tokens()
    torch.manual_seed(3)
    want = F.scaled_dot_product_attention(q, k, v, dropout_p=0.4)
    torch.manual_seed(3)
    assert torch.equal(gv.nn.attention(q, k, v, dropout_p=0.4), want)


def test_errors():
    q, k, v = tokens()
    with pytest.raises(ValueError, match=r"`attn_mask` must be None where `is_causal`"):
        gv.nn.attention(q, k, v, allowed(), is_causal=True, lower=False)
    with pytest.raises(ValueError, match=r"`attn_mask` must be bool or floating, got int64"):
        gv.nn.attention(q, k, v, allowed().long(), lower=False)
    with pytest.raises(BackendUnavailable, match="edges add to the logits"):
        gv.nn.attention(q, k, v, added(), backend="numba")
    with pytest.raises(BackendUnavailable, match="edges fall silent"):
        gv.nn.attention(q, k, v, dropout_p=0.1, backend="numba")
