import itertools

import pytest
import torch
from torch import nn

import graphvision as gv
from tests.kernels.csr_cases import relative

FORMS = [{}, {"lower": False}, {"backend": "reference"}]
KINDS = {
    "plain": {},
    "no bias": {"bias": False},
    "bias_kv": {"add_bias_kv": True},
    "zero": {"add_zero_attn": True},
    "both": {"add_bias_kv": True, "add_zero_attn": True},
    "other widths": {"kdim": 5, "vdim": 3},
    "other widths, no bias": {"kdim": 5, "vdim": 3, "bias": False, "add_bias_kv": True},
}
BATCH, TARGETS, SOURCES, HEADS = 2, 3, 4, 2
INFINITY = float("inf")


def float_mask(*shape):
    mask = torch.randn(shape, dtype=torch.float64)
    mask = mask.masked_fill(torch.rand(shape) < 0.3, -INFINITY)
    mask[..., 0] = 0.0
    return mask


def bool_mask(*shape):
    return float_mask(*shape).isneginf()


MASKS = {
    "none": lambda b, s: {},
    "bool": lambda b, s: {"attn_mask": bool_mask(TARGETS, s)},
    "per head": lambda b, s: {"attn_mask": bool_mask(b * HEADS, TARGETS, s)},
    "float": lambda b, s: {"attn_mask": float_mask(TARGETS, s)},
    "float per head": lambda b, s: {"attn_mask": float_mask(b * HEADS, TARGETS, s)},
    "padding": lambda b, s: {"key_padding_mask": bool_mask(b, s)},
    "float padding": lambda b, s: {"key_padding_mask": float_mask(b, s)},
    "both": lambda b, s: {
        "attn_mask": bool_mask(TARGETS, s),
        "key_padding_mask": bool_mask(b, s),
    },
    "causal": lambda b, s: {
        "attn_mask": torch.ones(TARGETS, s, dtype=torch.bool).triu(1),
        "is_causal": True,
    },
    "causal and padding": lambda b, s: {
        "attn_mask": torch.ones(TARGETS, s, dtype=torch.bool).triu(1),
        "key_padding_mask": bool_mask(b, s),
        "is_causal": True,
    },
}


def pair(kind, batch_first=False, dropout=0.0, **form):
    options = KINDS[kind]
    theirs = nn.MultiheadAttention(
        8, HEADS, dropout, batch_first=batch_first, dtype=torch.float64, **options
    )
    for parameter in theirs.parameters():
        nn.init.normal_(parameter, std=0.5)
    return theirs, gv.nn.MultiheadAttention.from_torch(theirs, **form)


def inputs(layer, batch_first, *, itself=False, batched=True):
    """Query, key and value that ask for gradients, once each."""
    made = []
    for tokens, channels in ((TARGETS, 8), (SOURCES, layer.kdim), (SOURCES, layer.vdim)):
        shape = (BATCH, tokens, channels) if batch_first else (tokens, BATCH, channels)
        shape = shape if batched else (tokens, channels)
        made.append(torch.randn(shape, dtype=torch.float64, requires_grad=True))
    return [made[0]] * 3 if itself else made


def check(ours, theirs, qkv, bound=1e-12, **options):
    """Results, and the gradients of what asks for one, to a bound or to the bit."""
    leaves = [*dict.fromkeys(qkv), *theirs.parameters()]
    results = []
    for layer in (ours, theirs):
        out, shares = layer(*qkv, **options)
        weight = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view(out.shape)
        loss = (out * weight).sum() + (0 if shares is None else shares.square().sum())
        results.append((out, shares, *torch.autograd.grad(loss, leaves, allow_unused=True)))
    for got, want in zip(*results, strict=True):
        assert (got is None) == (want is None)
        if got is not None:
            assert got.shape == want.shape
            # a key's bias shifts all logits of a row alike: its gradient is 0 up to rounding
            assert relative(got, want) <= bound or (got - want).abs().max() <= bound


WEIGHTS = [
    {"need_weights": False},
    {"need_weights": True},
    {"need_weights": True, "average_attn_weights": False},
]


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("kind", KINDS)
def test_matches_oracle(kind, mask, form):
    for batch_first, weights in itertools.product([True, False], WEIGHTS):
        theirs, ours = pair(kind, batch_first, **form)
        qkv = inputs(theirs, batch_first)
        check(ours, theirs, qkv, **MASKS[mask](BATCH, SOURCES), **weights)


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("mask", MASKS)
def test_self_attention(mask, form):
    for batch_first, weights in itertools.product([True, False], WEIGHTS):
        theirs, ours = pair("plain", batch_first, **form)
        qkv = inputs(theirs, batch_first, itself=True)
        check(ours, theirs, qkv, **MASKS[mask](BATCH, TARGETS), **weights)


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_unbatched(kind, form):
    theirs, ours = pair(kind, **form)
    qkv = inputs(theirs, batch_first=False, batched=False)
    for weights in WEIGHTS:
        check(ours, theirs, qkv, **weights, attn_mask=bool_mask(TARGETS, SOURCES))
        check(ours, theirs, qkv, **weights, key_padding_mask=bool_mask(SOURCES))
        check(ours, theirs, qkv, **weights, attn_mask=float_mask(HEADS, TARGETS, SOURCES))


@pytest.mark.parametrize("weights", WEIGHTS, ids=str)
def test_the_same_bits_and_the_same_drawing_as_torch(weights):
    theirs, ours = pair("plain", dropout=0.4)
    qkv = inputs(theirs, batch_first=False)
    results = []
    for layer in (ours, theirs):
        torch.manual_seed(2)
        results.append(layer(*qkv, **weights))
    for got, want in zip(*results, strict=True):
        assert got is want is None or torch.equal(got, want)
    theirs.eval()
    ours.eval()
    check(ours, theirs, qkv, **weights)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_dropout_in_the_shares(form):
    theirs, ours = pair("plain", dropout=0.25, **form)
    x = torch.randn(40, 5, 8, dtype=torch.float64)
    with torch.no_grad():
        out, shares = ours(x, x, x, average_attn_weights=False)
        _, full = ours.eval()(x, x, x, average_attn_weights=False)
        value = nn.functional.linear(x, theirs.in_proj_weight[16:], theirs.in_proj_bias[16:])
        heads = shares @ value.view(40, 5, HEADS, 4).permute(1, 2, 0, 3)
        want = theirs.out_proj(heads.permute(2, 0, 1, 3).flatten(2))
    torch.testing.assert_close(out, want, rtol=1e-12, atol=1e-12)
    heard = shares > 0
    torch.testing.assert_close(shares[heard], full[heard] / 0.75, rtol=1e-12, atol=1e-12)
    assert heard.double().mean().item() == pytest.approx(0.75, abs=0.02)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_token_that_may_attend_to_none(form):
    theirs, ours = pair("plain", **form)
    qkv = inputs(theirs, batch_first=False)
    mask = bool_mask(TARGETS, SOURCES)
    mask[1] = True
    for weights in WEIGHTS:
        for got, want in zip(
            ours(*qkv, attn_mask=mask, **weights),
            theirs(*qkv, attn_mask=mask, **weights),
            strict=True,
        ):
            assert (got is None) == (want is None)
            if got is not None:
                torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12, equal_nan=True)


def test_backend_by_name_gives_shares_too():
    theirs, ours = pair("plain", backend="numba")
    qkv = inputs(theirs, batch_first=False)
    check(ours, theirs, qkv)


def test_same_objects_under_the_same_names():
    for kind in KINDS:
        theirs, ours = pair(kind)
        assert list(ours.state_dict()) == list(theirs.state_dict())
        pairs = zip(ours.parameters(), theirs.parameters(), strict=True)
        assert all(a is b for a, b in pairs)
    torch.manual_seed(1)
    made = gv.nn.MultiheadAttention(8, 2).state_dict()
    torch.manual_seed(1)
    for name, value in nn.MultiheadAttention(8, 2).state_dict().items():
        assert torch.equal(made[name], value)


def test_float32():
    theirs, ours = pair("plain")
    theirs.float()
    ours.float()
    qkv = [t.detach().float().requires_grad_() for t in inputs(theirs, batch_first=False)]
    check(ours, theirs, qkv, 1e-5)


def test_errors():
    layer = gv.nn.MultiheadAttention(8, 2)
    x = torch.rand(3, 2, 8)
    with pytest.raises(ValueError, match=r"`attn_mask` must be given where `is_causal`"):
        layer(x, x, x, is_causal=True)
    with pytest.raises(ValueError, match=r"`attn_mask` must be bool .* \(3, 3\) or \(4, 3, 3\)"):
        layer(x, x, x, attn_mask=torch.zeros(3, 4))
    with pytest.raises(ValueError, match=r"`key_padding_mask` must be bool .* got int64"):
        layer(x, x, x, key_padding_mask=torch.zeros(2, 3, dtype=torch.int64))
    with pytest.raises(ValueError, match=r"`key` must have shape \(tokens, 8\)"):
        layer(x, x[..., :7], x)
    with pytest.raises(ValueError, match=r"`key` must have the batch of `query`"):
        layer(x, x[:2], x)
    with pytest.raises(ValueError, match=r"`key` must have the batch of `query`"):
        layer(x, x[:, :1], x[:, :1])
    nested = torch.nested.nested_tensor([x[0], x[1]], layout=torch.jagged)
    with pytest.raises(ValueError, match="must be plain tensors, got a nested one"):
        layer(nested, nested, nested)
