import pytest
import torch
from torch_geometric.data import Batch

import graphvision as gv


def assert_same(a, b):
    assert type(a) is type(b)
    assert set(a.keys()) == set(b.keys())
    for key in a.keys():  # noqa: SIM118
        assert torch.equal(a[key], b[key]) if isinstance(a[key], torch.Tensor) else a[key] == b[key]


def test_round_trip(tmp_path):
    path = tmp_path / "g.safetensors"
    graph = gv.patch_graph(torch.rand(3, 5, 6), 2, node_features="all")
    graph.y = torch.tensor([3])
    graph.name = "shoe"
    gv.save_graph(graph, path)
    assert_same(graph, gv.load_graph(path))
    nothing = gv.grid_graph(torch.rand(1, 2, 2), mask=torch.zeros(2, 2, dtype=torch.bool))
    gv.save_graph(nothing, str(path))
    assert_same(nothing, gv.load_graph(path))


def test_batches(tmp_path):
    path = tmp_path / "b.safetensors"
    mixed = [
        gv.grid_graph(torch.rand(1, 3 + k, 4), mask=torch.rand(3 + k, 4) > 0.3) for k in range(3)
    ]
    for k, graph in enumerate(mixed):
        graph.y = torch.tensor([k])
    for batch in (Batch.from_data_list(mixed), gv.patch_graph(torch.rand(4, 1, 5, 6), 2)):
        gv.save_graph(batch, path)
        again = gv.load_graph(path)
        assert_same(batch, again)
        assert again.num_graphs == batch.num_graphs
        for a, b in zip(batch.to_data_list(), again.to_data_list(), strict=True):
            assert_same(a, b)


def test_truncated_files(tmp_path):
    path = tmp_path / "g.safetensors"
    gv.save_graph(gv.grid_graph(torch.rand(1, 5, 5)), path)
    content = path.read_bytes()
    for length in (0, 4, 8, 100, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="truncated or no graph file"):
            gv.load_graph(path)
    path.write_bytes(b"x" * 500)
    with pytest.raises(ValueError, match="truncated or no graph file"):
        gv.load_graph(path)


def test_foreign_and_broken_files(tmp_path, monkeypatch):
    from safetensors.torch import save_file

    import graphvision.graphs.storage as storage

    path = tmp_path / "g.safetensors"
    save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(ValueError, match=r"graphvision.image_graph, version 1, got None"):
        gv.load_graph(path)
    graph = gv.grid_graph(torch.rand(1, 5, 5))
    broken = graph.clone()
    broken.edge_index = graph.edge_index + 20
    with pytest.raises(ValueError, match="`graph` breaks its contract"):
        gv.save_graph(broken, tmp_path / "broken")
    assert not (tmp_path / "broken").exists()
    gv.save_graph(graph, path)
    monkeypatch.setattr(storage, "problems", lambda _: ["`x` is made up"])
    with pytest.raises(ValueError, match="holds a broken graph"):
        gv.load_graph(path)
    with pytest.raises(FileNotFoundError):
        gv.load_graph(tmp_path / "missing")


def test_nothing_half_written(tmp_path, monkeypatch):
    import graphvision.graphs.atomic as atomic

    path = tmp_path / "g.safetensors"
    graph = gv.grid_graph(torch.rand(1, 5, 5))
    gv.save_graph(graph, path)
    before = path.read_bytes()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(atomic.os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        gv.save_graph(gv.grid_graph(torch.rand(1, 9, 9)), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_errors(tmp_path):
    graph = gv.grid_graph(torch.rand(1, 2, 2))
    graph.thing = object()
    with pytest.raises(ValueError, match=r"`graph.thing` must be a tensor or a plain value"):
        gv.save_graph(graph, tmp_path / "g")
