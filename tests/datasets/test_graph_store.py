import hashlib
import subprocess
import sys
import textwrap

import pytest
import torch
from torch_geometric.data import Batch

from graphvision.datasets import GraphStore, ImageDataset, Recipe, graph_build, load

RECIPE = Recipe(n_segments=12)


@pytest.fixture(scope="module")
def images():
    return load("fashion-mini", "test").subset(torch.arange(0, 1000, 25))


@pytest.fixture(scope="module")
def store(images, tmp_path_factory):
    return GraphStore.build(images, RECIPE, tmp_path_factory.mktemp("store"))


@pytest.fixture
def small_shards(monkeypatch):
    monkeypatch.setattr(graph_build, "SHARD_IMAGES", 10)


def test_matches_the_builder(store, images):
    expected = RECIPE.build(images.images.to(torch.float32) / 255)
    made = store.batch(torch.arange(len(images)))
    for key in expected.keys():  # noqa: SIM118
        assert torch.equal(made[key], expected[key]), key
    assert torch.equal(made.y, images.labels)


@pytest.mark.parametrize("index", [[3], [5, 0, 39], [7, 7, 1]])
def test_batch_equals_loop(store, index):
    made = store.batch(torch.tensor(index))
    expected = Batch.from_data_list([store[i] for i in index])
    assert set(made.keys()) == set(expected.keys())
    for key in expected.keys():  # noqa: SIM118
        assert torch.equal(made[key], expected[key]), key
        if key in expected._slice_dict:
            assert torch.equal(made._slice_dict[key], expected._slice_dict[key]), key
    assert [g.y.item() for g in made.to_data_list()] == store.y[index].tolist()


def test_loader_gives_every_graph_once(store):
    generator = torch.Generator().manual_seed(1)
    batches = list(store.loader(16, shuffle=True, generator=generator))
    assert [batch.num_graphs for batch in batches] == [16, 16, 8]
    labels = torch.cat([batch.y for batch in batches])
    assert not torch.equal(labels, store.y)
    assert torch.equal(labels.sort().values, store.y.sort().values)


def test_counts(store):
    assert store.nodes_per_image == 12
    batch = store.batch(torch.arange(len(store)))
    assert store.edges_per_image == batch.num_edges / 40
    assert (store.in_features, store.edge_features) == (batch.x.shape[1], batch.edge_attr.shape[1])


def digest(store):
    return hashlib.sha256(store.path.read_bytes()).hexdigest()


def test_same_bytes_for_any_workers_and_threads(images, tmp_path, small_shards):
    threads = torch.get_num_threads()
    built = {digest(GraphStore.build(images, RECIPE, tmp_path / "0"))}
    for workers in (1, 2):
        built.add(
            digest(GraphStore.build(images, RECIPE, tmp_path / str(workers), workers=workers))
        )
    torch.set_num_threads(2)
    built.add(digest(GraphStore.build(images, RECIPE, tmp_path / "threads")))
    torch.set_num_threads(threads)
    assert len(built) == 1


def test_key_follows_content_and_settings(images):
    keys = {
        graph_build.store_key(images, RECIPE),
        graph_build.store_key(images, Recipe(n_segments=13)),
        graph_build.store_key(images, Recipe(n_segments=12, compactness=9.0)),
        graph_build.store_key(images.subset(torch.arange(39)), RECIPE),
    }
    assert len(keys) == 4
    again = ImageDataset(images.images.clone(), images.labels, images.classes, name="other")
    assert graph_build.store_key(again, RECIPE) in keys


def test_second_build_builds_nothing(images, tmp_path, monkeypatch):
    first = GraphStore.build(images, RECIPE, tmp_path)
    monkeypatch.setattr(graph_build, "build_shard", lambda *_: pytest.fail("built again"))
    assert torch.equal(GraphStore.build(images, RECIPE, tmp_path).y, first.y)
    assert sorted(f.name for f in first.path.parent.iterdir()) == [
        "graphs.safetensors",
        "index.json",
    ]


def test_killed_build_is_resumed(images, tmp_path, small_shards, monkeypatch):
    """A process that kills itself in its third shard leaves two; only the others are built anew."""
    script = f"""
        import os, signal, torch
        from graphvision.datasets import GraphStore, Recipe, graph_build, load
        graph_build.SHARD_IMAGES = 10
        build, done = graph_build.build_shard, []
        def dying(images, labels, recipe, path):
            if len(done) == 2:
                path.with_name(".shard-half.safetensors").write_bytes(b"half")
                os.kill(os.getpid(), signal.SIGKILL)
            done.append(build(images, labels, recipe, path))
        graph_build.build_shard = dying
        images = load("fashion-mini", "test").subset(torch.arange(0, 1000, 25))
        GraphStore.build(images, Recipe(n_segments=12), {str(tmp_path)!r})
    """
    process = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert process.returncode == -9
    (folder,) = tmp_path.iterdir()
    assert not (folder / "graphs.safetensors").exists()
    built = []
    build = graph_build.build_shard
    monkeypatch.setattr(graph_build, "build_shard", lambda *a: built.append(build(*a)))
    resumed = GraphStore.build(images, RECIPE, tmp_path)
    assert len(built) == 2
    assert digest(resumed) == digest(GraphStore.build(images, RECIPE, tmp_path / "unbroken"))


@pytest.mark.parametrize("damage", ["index", "graphs", "shard"])
def test_half_written_is_never_read(images, tmp_path, small_shards, damage):
    first = GraphStore.build(images, RECIPE, tmp_path)
    expected, folder = digest(first), first.path.parent
    if damage == "index":
        (folder / "index.json").write_text('{"bytes": ')
    elif damage == "graphs":
        first.path.write_bytes(first.path.read_bytes()[:-8])
    else:
        (folder / "index.json").unlink()
        (folder / "shard-00000010.safetensors").write_bytes(b"half")
    assert digest(GraphStore.build(images, RECIPE, tmp_path)) == expected


def test_errors(store, images, tmp_path):
    with pytest.raises(IndexError, match="must be below 40"):
        store[40]
    with pytest.raises(ValueError, match="`index` must be int64"):
        store.batch(torch.tensor([0.0]))
    with pytest.raises(ValueError, match="b ≥ 1"):
        store.batch(torch.tensor([], dtype=torch.int64))
    with pytest.raises(ValueError, match="at least one image"):
        GraphStore.build(images.subset(torch.arange(0)), RECIPE, tmp_path)
    with pytest.raises(ValueError, match="`workers` must be at least 0"):
        GraphStore.build(images, RECIPE, tmp_path, workers=-1)
    with pytest.raises(ValueError, match="`n_segments` must be"):
        GraphStore.build(images, Recipe(n_segments=0), tmp_path)
