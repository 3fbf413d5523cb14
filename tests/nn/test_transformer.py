import pytest
import torch
from torch import nn

import graphvision as gv
from tests.kernels.csr_cases import relative

FORMS = [{}, {"lower": False}, {"backend": "reference"}]
OPTIONS = [
    {},
    {"batch_first": True, "norm_first": True},
    {"norm_first": True, "activation": "gelu", "bias": False},
    {"batch_first": True, "activation": torch.tanh, "layer_norm_eps": 1e-2},
]
BATCH, TOKENS = 2, 4


def made(kind, **options):
    options = {"dropout": 0.0, "dtype": torch.float64} | options
    layer = getattr(nn, kind)(8, 2, 12, **options)
    for parameter in layer.parameters():
        nn.init.normal_(parameter, std=0.4)
    return layer


def sequence(options, tokens=TOKENS):
    shape = (BATCH, tokens, 8) if options.get("batch_first") else (tokens, BATCH, 8)
    return torch.randn(shape, dtype=torch.float64, requires_grad=True)


def masks(tokens=TOKENS):
    causal = nn.Transformer.generate_square_subsequent_mask(tokens, dtype=torch.float64)
    padding = torch.zeros(BATCH, tokens, dtype=torch.bool)
    padding[0, -1] = True
    return causal, padding


def check(ours, theirs, inputs, **options):
    """Outputs and all gradients."""
    results = []
    for layer in (ours, theirs):
        out = layer(*inputs, **options)
        weight = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view(out.shape)
        leaves = [*inputs, *theirs.parameters()]
        results.append((out, *torch.autograd.grad((out * weight).sum(), leaves)))
    for got, want in zip(*results, strict=True):
        assert got.shape == want.shape
        # a key's bias shifts all logits of a row alike: its gradient is 0 up to rounding
        assert relative(got, want) <= 1e-12 or (got - want).abs().max() <= 1e-12


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("training", [True, False])
def test_encoder_layer_matches_oracle(training, options, form):
    theirs = made("TransformerEncoderLayer", **options).train(training)
    ours = gv.nn.TransformerEncoderLayer.from_torch(theirs, **form)
    x, (causal, padding) = sequence(options), masks()
    check(ours, theirs, [x])
    check(ours, theirs, [x], src_mask=causal)
    check(ours, theirs, [x], src_mask=causal, is_causal=True)
    check(ours, theirs, [x], src_key_padding_mask=padding)
    check(ours, theirs, [x[0].detach().requires_grad_()])
    same = torch.equal(ours(x), theirs(x))
    assert same or form


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("training", [True, False])
def test_decoder_matches_oracle(training, options, form):
    theirs = made("TransformerDecoderLayer", **options).train(training)
    ours = gv.nn.TransformerDecoderLayer.from_torch(theirs, **form)
    inputs = [sequence(options), sequence(options, 3)]
    causal, padding = masks()
    check(ours, theirs, inputs)
    check(ours, theirs, inputs, tgt_mask=causal, tgt_is_causal=True)
    check(ours, theirs, inputs, tgt_key_padding_mask=padding)
    stack = nn.TransformerDecoder(theirs, 2, nn.LayerNorm(8, dtype=torch.float64)).train(training)
    check(gv.nn.TransformerDecoder.from_torch(stack, **form), stack, inputs, tgt_mask=causal)


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_encoder_matches_oracle(options, form):
    layer = made("TransformerEncoderLayer", **options)
    norm = nn.LayerNorm(8, dtype=torch.float64)
    theirs = nn.TransformerEncoder(layer, 3, norm, enable_nested_tensor=False)
    for parameter in theirs.parameters():
        nn.init.normal_(parameter, std=0.4)
    ours = gv.nn.TransformerEncoder.from_torch(theirs, **form)
    x, (causal, padding) = sequence(options), masks()
    check(ours, theirs, [x])
    check(ours, theirs, [x], mask=causal, is_causal=True)
    check(ours, theirs, [x], src_key_padding_mask=padding)


def test_fused_inference_of_torch_gives_the_same():
    theirs = made("TransformerEncoderLayer", batch_first=True).eval()
    ours = gv.nn.TransformerEncoderLayer.from_torch(theirs)
    x = torch.randn(2, 5, 8, dtype=torch.float64)
    with torch.no_grad():
        assert relative(ours(x), theirs(x)) <= 1e-12


def test_the_same_drawing_as_torch():
    theirs = made("TransformerEncoderLayer", dropout=0.3)
    ours = gv.nn.TransformerEncoderLayer.from_torch(theirs)
    x, results = sequence({}), []
    for layer in (ours, theirs):
        torch.manual_seed(4)
        results.append(layer(x))
    assert torch.equal(*results)


def test_same_objects_under_the_same_names_and_torchs_stay_torchs():
    layer = made("TransformerEncoderLayer")
    theirs = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).eval()
    ours = gv.nn.TransformerEncoder.from_torch(theirs, lower=False)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert all(a is b for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))
    attentions = [m for m in ours.modules() if isinstance(m, gv.nn.MultiheadAttention)]
    assert [m.lower for m in attentions] == [False, False]
    assert not any(isinstance(m, gv.nn.MultiheadAttention) for m in theirs.modules())
    assert not any(m.training for m in ours.modules())


def test_made_by_hand():
    layer = gv.nn.TransformerEncoderLayer(8, 2, 12, 0.0, lower=False)
    encoder = gv.nn.TransformerEncoder(layer, 2)
    assert not encoder.layers[1].self_attn.lower
    assert encoder(torch.rand(3, 2, 8)).shape == (3, 2, 8)
    nested = torch.nested.nested_tensor([torch.rand(3, 8)] * 2, layout=torch.jagged)
    with pytest.raises(ValueError, match="got a nested one"):
        layer(nested)
