import torch

from graphvision.models.structure import Structure, edge_columns
from tests.models.graph_cases import renumbered, superpixels


def test_rows_and_back():
    graph = superpixels(1)[0]
    other = renumbered(graph, torch.randperm(graph.num_nodes))
    structure = Structure.of(other)
    edges = torch.stack([structure.col, structure.csr.row])
    assert torch.equal(structure.listed(edges.T).T, other.edge_index)
    assert torch.equal(structure.rows(other.edge_index.T).T, edges)
    columns = edge_columns(structure, other.edge_attr.shape[1])
    assert torch.equal(structure.listed(columns), other.edge_attr)


def test_pairs_match_oracle():
    graph = superpixels(2)
    structure = Structure.of(graph)
    pairs = structure.pairs
    want = sorted({tuple(sorted(edge)) for edge in graph.edge_index.T.tolist()})
    assert pairs.ends.T.tolist() == [list(pair) for pair in want]
    for p, row in zip(pairs.of_edge.tolist(), graph.edge_index.T.tolist(), strict=True):
        assert sorted(row) == pairs.ends[:, p].tolist()


def test_displacement_is_the_default_column():
    graph = superpixels(2)
    source, target = graph.edge_index
    found = edge_columns(Structure.of(graph), 0)
    torch.testing.assert_close(found, (graph.pos[source] - graph.pos[target]).to(found.dtype))


def test_images():
    graph = superpixels(3)
    assert torch.equal(Structure.of(graph).image, graph.batch)
    assert not Structure.of(graph[0]).image.any()
