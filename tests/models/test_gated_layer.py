import pytest
import torch
import torch.nn.functional as F  # noqa: N812

import graphvision as gv
from graphvision.models.gated_layer import (
    Embedding,
    GatedLayer,
    NodeAttention,
    VirtualNode,
    global_channel,
    places,
)
from graphvision.models.structure import Structure
from tests.models.graph_cases import numbers, settled, superpixels


def test_matches_oracle():
    """The formula of the docstring, edge by edge; two channels share a gate."""
    graph = superpixels(2)
    layer = settled(GatedLayer(6, 3, "batch"))
    x = torch.randn(graph.num_nodes, 6, dtype=torch.float64)
    e = torch.randn(graph.num_edges, 3, dtype=torch.float64)
    got_x, got_e = layer(x, e, Structure.of(graph))
    a, b = layer.ends(x).chunk(2, 1)
    source, target = graph.edge_index
    hat = torch.stack(
        [a[i] + b[j] + layer.edge(e[k]) for k, (j, i) in enumerate(graph.edge_index.T.tolist())]
    )
    torch.testing.assert_close(got_e, e + F.relu(layer.norm_edge(hat)))
    gates = torch.sigmoid(hat).repeat_interleave(2, 1)
    for i in range(graph.num_nodes):
        arriving = target == i
        heard = (gates[arriving] * layer.value(x[source[arriving]])).sum(0)
        heard = heard / (gates[arriving].sum(0) + 1e-6)
        want = x[i] + F.relu(layer.norm_node((layer.own(x[i]) + heard).unsqueeze(0)))[0]
        torch.testing.assert_close(got_x[i], want)


def test_gradients():
    graph = superpixels(1)[0]
    layer, structure = settled(GatedLayer(4, 2, "layer")), Structure.of(graph)
    x = torch.randn(graph.num_nodes, 4, dtype=torch.float64, requires_grad=True)
    e = torch.randn(graph.num_edges, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, e: layer(x, e, structure), (x, e))


def test_virtual_node_hears_pixels():
    graph = superpixels(2)
    layer = settled(VirtualNode(4))
    x = torch.randn(graph.num_nodes, 4, dtype=torch.float64)
    told = layer.think(gv.rasterize(x, graph).mean((2, 3)))
    torch.testing.assert_close(layer(x, Structure.of(graph)), x + told[graph.batch])


def test_attention_stays_within_images():
    graph = superpixels(2)
    layer = settled(NodeAttention(8))
    x = torch.randn(graph.num_nodes, 8, dtype=torch.float64)
    before = layer(x, Structure.of(graph))
    x[graph.batch == 1] = 0.0
    after = layer(x, Structure.of(graph))
    first = graph.batch == 0
    torch.testing.assert_close(after[first], before[first])
    assert not torch.allclose(after[~first], before[~first])


def test_positions():
    graph = gv.grid_graph(torch.rand(1, 2, 4))
    found = places(Structure.of(graph))
    assert found[0].tolist() == pytest.approx([-0.5, -0.75, 8**-0.5])
    assert found[-1].tolist() == pytest.approx([0.5, 0.75, 8**-0.5])
    graph = superpixels(1)
    for positions in (False, True):
        torch.manual_seed(0)
        sizes = {"width": 4, "edge_width": 2, "norm": "layer", "positions": positions}
        embed = Embedding(*numbers(graph).values(), **sizes).double()
        before = embed(graph.x, Structure.of(graph))[0]
        moved = graph.clone()
        moved.pos = graph.pos.flip(1)
        after = embed(graph.x, Structure.of(moved))[0]
        assert torch.allclose(before, after) is not positions


def test_errors():
    with pytest.raises(ValueError, match=r"`edge_width` must divide `width` \(6\), got 4"):
        GatedLayer(6, 4, "batch")
    with pytest.raises(ValueError, match=r"`global_channel` must be one of \['virtual', "):
        global_channel("radio", 4)
