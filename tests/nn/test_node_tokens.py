import pytest
import torch
from torch import nn
from torch_geometric.data import Batch

import graphvision as gv
from graphvision.nn.node_tokens import NodeTokens
from tests.nn.norm_cases import FORMS, check_against, graphs_of, painted, region_means
from tests.nn.test_partition_layers import partition_graph


def made(kind, *args, **options):
    layer = getattr(nn, kind)(8, 2, *args, **options, dtype=torch.float64)
    for parameter in layer.parameters():
        nn.init.normal_(parameter, std=0.4)
    return layer


def of_pixels(run, graphs):
    """``run`` on the pixels that count of every image, as tokens, then means over regions."""

    def meaning(x):
        images = painted(graphs, x)
        out = torch.cat([run(pixels.T[None])[0].T for pixels, _ in images], 1)
        return region_means(out, torch.cat([node for _, node in images]), len(x))

    return meaning


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_attention_matches_the_pixels(seed, batch_first, form):
    theirs = made("MultiheadAttention", batch_first=True)
    ours = gv.nn.MultiheadAttention.from_torch(theirs, **form)
    ours.batch_first = batch_first
    graphs = graphs_of(seed, 8)
    for need_weights in (True, False):

        def attend(graph, need_weights=need_weights):
            return ours(graph, graph, graph, need_weights=need_weights)[0]

        meaning = of_pixels(lambda x: theirs(x, x, x)[0], graphs)
        check_against(attend, graphs, meaning, list(theirs.parameters()))


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("norm_first", [True, False])
def test_transformer_matches_the_pixels(norm_first, batch_first, form):
    options = {"norm_first": norm_first, "batch_first": True}
    layer = made("TransformerEncoderLayer", 12, 0.0, **options)
    graphs = graphs_of(1, 8)
    ours = gv.nn.TransformerEncoderLayer.from_torch(layer, **form)
    ours.self_attn.batch_first = batch_first
    check_against(ours, graphs, of_pixels(layer, graphs), list(layer.parameters()))
    norm = nn.LayerNorm(8, dtype=torch.float64)
    stack = nn.TransformerEncoder(layer, 2, norm, enable_nested_tensor=False)
    ours = gv.nn.TransformerEncoder.from_torch(stack, **form)
    check_against(ours, graphs, of_pixels(stack, graphs), list(stack.parameters()))


def test_pixels_are_tokens():
    layer = made("TransformerEncoderLayer", 12, 0.0, batch_first=True)
    ours = gv.nn.TransformerEncoderLayer.from_torch(layer)
    image = torch.randn(2, 8, 3, 4, dtype=torch.float64)
    out = ours(gv.grid_graph(image))
    assert torch.equal(out.x.view(2, 12, 8), layer(image.flatten(2).transpose(1, 2)))
    assert NodeTokens.of(gv.grid_graph(image), batch_first=True).bias is None


def test_shares_add_up_over_nodes():
    graphs = graphs_of(2, 8)
    layer = gv.nn.MultiheadAttention(8, 2, dtype=torch.float64)
    batch = Batch.from_data_list(graphs)
    _, shares = layer(batch, batch, batch)
    longest = max(graph.num_nodes for graph in graphs)
    assert shares.shape == (3, longest, longest)
    for graph, found in zip(graphs, shares, strict=True):
        assert found[:, graph.num_nodes :].eq(0).all()
        torch.testing.assert_close(found.sum(1), torch.ones_like(found[0]))


def test_an_image_without_nodes():
    graphs = [partition_graph(torch.full((2, 2), v), 8) for v in (0, -1)]
    layer = gv.nn.MultiheadAttention(8, 2, dtype=torch.float64)
    batch = Batch.from_data_list(graphs)
    out, _ = layer(batch, batch, batch)
    assert out.x.shape == (1, 8)
    out.x.sum().backward()
    assert all(p.grad.isfinite().all() for p in layer.parameters())


def test_errors():
    graph, other = graphs_of(0, 8, count=2)
    attention = gv.nn.MultiheadAttention(8, 2, dtype=torch.float64)
    with pytest.raises(ValueError, match="must be the same image graph, without masks"):
        attention(graph, other, other)
    with pytest.raises(ValueError, match="must be the same image graph, without masks"):
        attention(graph, graph, graph, attn_mask=torch.zeros(3, 3))
    layer = gv.nn.TransformerEncoderLayer(8, 2, 12, dtype=torch.float64)
    with pytest.raises(ValueError, match="`src` must be tokens where there are masks"):
        layer(graph, torch.zeros(3, 3))
