import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from graphvision.models.heads import EdgeHead, Heads, outputs_by_level
from graphvision.models.structure import Structure
from tests.models.graph_cases import renumbered, superpixels


def features(graph, width=6, edge_width=3):
    torch.manual_seed(0)
    x = torch.randn(graph.num_nodes, width, dtype=torch.float64)
    return x, torch.randn(graph.num_edges, edge_width, dtype=torch.float64)


def test_edges_match_oracle():
    """The formula of the docstring, edge by edge."""
    graph = superpixels(2)
    x, edge = features(graph)
    head = EdgeHead(6, 2, edge_width=3, hidden=5).double()
    got = head(x, edge, Structure.of(graph))
    place = {tuple(pair): e for e, pair in enumerate(graph.edge_index.T.tolist())}
    for e, (i, j) in enumerate(graph.edge_index.T.tolist()):
        own = (edge[e] + edge[place[j, i]]) / 2
        inner = head.sum((x[i] + x[j]) / 2) + head.from_edge(own)
        inner = inner + head.from_step((head.step(x[i]) - head.step(x[j])).abs())
        torch.testing.assert_close(got[e], head.last(F.relu(inner)))


def test_edges_in_the_order_of_the_list():
    graph = superpixels(1)[0]
    x, edge = features(graph)
    head = EdgeHead(6, 2, edge_width=3, hidden=5).double()
    want = head(x, edge, Structure.of(graph))
    order = torch.randperm(graph.num_nodes)
    structure = Structure.of(renumbered(graph, order))
    got = head(x[order], structure.rows(edge.flip(0)), structure)
    torch.testing.assert_close(got, want.flip(0))


def test_edges_without_a_reverse():
    graph = superpixels(1)[0]
    graph.edge_index, graph.edge_attr = graph.edge_index[:, ::3], graph.edge_attr[::3]
    x, edge = features(graph)
    head = EdgeHead(6, 2, edge_width=3, hidden=5).double()
    assert head(x, edge, Structure.of(graph)).shape == (graph.num_edges, 2)


def test_gradients():
    graph = superpixels(1)[0]
    heads = Heads(6, {"graph": 2, "node": 1, "edge": 2}, edge_width=3, hidden=4).double()
    structure = Structure.of(graph)

    def answers(x, edge):
        return tuple(heads(x, edge, structure).values())

    inputs = [t.requires_grad_() for t in features(graph)]
    assert torch.autograd.gradcheck(answers, inputs)


def test_errors():
    with pytest.raises(ValueError, match=r"`level` must be one of \['graph', 'node', 'edge'\]"):
        outputs_by_level(3, "face", None)
    for heads in ({}, {"face": 1}, {"node": 0}):
        with pytest.raises(ValueError, match="`heads` must give a number of outputs"):
            outputs_by_level(3, "graph", heads)
