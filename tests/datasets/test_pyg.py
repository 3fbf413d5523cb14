"""The sets' raw files are written here as their authors' scripts write them; PyG reads them."""

import pickle

import pytest
import torch
from torch_geometric.datasets import GNNBenchmarkDataset, LRGBDataset, MNISTSuperpixels
from torch_geometric.loader import DataLoader

import graphvision as gv
from graphvision.datasets import from_pyg


def ours(size, channels, count, seed):
    """Graphs of random pictures, whose edges are then given in another order."""
    torch.manual_seed(seed)
    made = []
    for number in range(count):
        graph = gv.superpixel_graph(
            torch.rand(channels, *size), n_segments=9 + number, node_features="mean"
        )
        graph.order = torch.randperm(graph.num_edges)
        graph.y = torch.tensor([number % 10])
        made.append(graph)
    return made


def check(made, expected, *, edge_columns):
    assert len(made) == len(expected)
    for graph, original in zip(made, expected, strict=True):
        assert isinstance(graph, gv.ImageGraph)
        assert torch.allclose(graph.pos, original.pos, atol=1e-4)
        assert torch.equal(graph.edge_index, original.edge_index)
        assert torch.equal(graph.edge_attr, original.edge_attr[:, :edge_columns])
        assert torch.equal(graph.y, original.y)
        assert "assign" not in graph
        assert float(graph.area.sum()) == pytest.approx(int(graph.image_size.prod()))


def test_mnist_superpixels(tmp_path):
    graphs = [ours((28, 28), 1, 3, 0), ours((28, 28), 1, 2, 1)]
    raw = [
        [
            {
                "x": g.x,
                "edge_index": g.edge_index[:, g.order],
                "pos": g.pos[:, [1, 0]],
                "y": g.y,
            }
            for g in part
        ]
        for part in graphs
    ]
    (tmp_path / "raw").mkdir()
    torch.save(raw, tmp_path / "raw" / "MNISTSuperpixels.pt")
    made = from_pyg(MNISTSuperpixels(str(tmp_path), train=False))
    check(made, graphs[1], edge_columns=0)
    assert made[0].image_size.tolist() == [[28, 28]]
    check(from_pyg(MNISTSuperpixels(str(tmp_path))[1:]), graphs[0][1:], edge_columns=0)


@pytest.mark.parametrize(("name", "side", "channels"), [("MNIST", 28, 1), ("CIFAR10", 32, 3)])
@pytest.mark.parametrize("flat", [True, False])
def test_benchmark_sets(tmp_path, name, side, channels, flat):
    graphs = ours((side, side), channels, 3, 2)
    raw = [
        {
            "x": g.x,
            "edge_index": g.edge_index[:, g.order],
            "edge_attr": g.edge_attr[g.order, 0] if flat else g.edge_attr[g.order, :1],
            "pos": g.pos / side,
            "y": g.y,
        }
        for g in graphs
    ]
    (tmp_path / name / "raw").mkdir(parents=True)
    torch.save([raw, raw[:1], raw[:2]], tmp_path / name / "raw" / f"{name}_v2.pt")
    check(from_pyg(GNNBenchmarkDataset(str(tmp_path), name)), graphs, edge_columns=1)
    test = from_pyg(GNNBenchmarkDataset(str(tmp_path), name, split="test"))
    check(test, graphs[:2], edge_columns=1)


def test_pascal_voc(tmp_path, capsys):
    size = (30, 44)
    graphs = ours(size, 3, 2, 3)
    raw = tmp_path / "pascalvoc-sp" / "raw"
    raw.mkdir(parents=True)
    content = []
    for graph in graphs:
        colours = torch.rand(graph.num_nodes, 12)
        x = torch.cat([colours, graph.pos], dim=1)
        graph.y = torch.randint(0, 21, (graph.num_nodes,))
        edges = graph.edge_attr[graph.order, :2]
        content.append((x, edges, graph.edge_index[:, graph.order], graph.y.tolist()))
    for split in ("train", "val", "test"):
        (raw / f"{split}.pickle").write_bytes(pickle.dumps(content))
    made = from_pyg(LRGBDataset(str(tmp_path), "PascalVOC-SP", split="val"))
    check(made, graphs, edge_columns=2)
    for graph, (x, *_) in zip(made, content, strict=True):
        assert torch.equal(graph.x, x)
        assert (graph.image_size - torch.tensor([size])).abs().max() <= 6
    capsys.readouterr()  # PyG prints how far it is


def test_batches_go_through_a_model(tmp_path):
    graphs = ours((28, 28), 1, 4, 4)
    raw = [{"x": g.x, "edge_index": g.edge_index, "pos": g.pos, "y": g.y} for g in graphs]
    (tmp_path / "raw").mkdir()
    torch.save([raw, raw], tmp_path / "raw" / "MNISTSuperpixels.pt")
    made = from_pyg(MNISTSuperpixels(str(tmp_path)))
    mine = next(iter(gv.GraphLoader(made, batch_size=4)))
    theirs = next(iter(DataLoader(made, batch_size=4)))
    for key in ("x", "edge_index", "edge_attr", "pos", "area", "image_size", "y", "batch"):
        assert torch.equal(mine[key], theirs[key]), key
    model = gv.models.create("superpixel-net", in_features=1, edge_features=0).eval()
    assert model(mine).shape == (4, 10)


def test_errors(unchecked):
    with pytest.raises(ValueError, match=r"`dataset` must be one of .*got list"):
        from_pyg([])
