import dataclasses
import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from graphvision.datasets import ImageDataset, compose_scenes, load, scenes
from graphvision.graphs import slic
from graphvision.graphs.partition_metrics import achievable_segmentation_accuracy

# Of the first 12 scenes at 64² and the first 2 at 160²: what may never change without saying so.
PINNED = {
    64: "ed239f4ff0eb95ed27bd776057b1c097edd9d6fbf2343e7377ffafc0d22ca461",
    160: "2a4bbb8caf716f3f74ad59055979fd81524959d83b6d40ac173bd6746f248922",
}
COUNTS = {64: 12, 160: 2}


@pytest.fixture(scope="module")
def items():
    return load("fashion-mini", "test")


@pytest.fixture(scope="module")
def data(items):
    return compose_scenes(items, 60, seed=1)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GRAPHVISION_CACHE", str(tmp_path))
    kind = scenes._Kind(32, {"train": 7, "validation": 5, "test": 4}, "fashion-mini")
    monkeypatch.setitem(scenes._KINDS, "scenes-mini", kind)
    monkeypatch.setattr(scenes, "SHARD_SCENES", 2)
    return tmp_path


@pytest.mark.parametrize("size", PINNED)
def test_same_pictures_everywhere(items, size):
    assert compose_scenes(items, COUNTS[size], image_size=size).fingerprint == PINNED[size]


@pytest.mark.slow
def test_same_pictures_without_vector_instructions(items):
    core = pytest.importorskip("numpy._core._multiarray_umath")
    features = [name for name in core.__cpu_dispatch__ if core.__cpu_features__[name]]
    script = (
        "from graphvision.datasets import compose_scenes, load\n"
        "print(compose_scenes(load('fashion-mini', 'test'), 12).fingerprint)"
    )
    made = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"NPY_DISABLE_CPU_FEATURES": " ".join(features)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout.strip() == PINNED[64]


def test_a_picture_has_its_own_stream(items):
    few, many = compose_scenes(items, 2, seed=5), compose_scenes(items, 3, seed=5)
    assert few.fingerprint == many.subset(torch.tensor([0, 1])).fingerprint
    other = compose_scenes(items, 2, seed=6)
    assert not torch.equal(few.images, other.images)
    assert len(compose_scenes(items, 0)) == 0


def test_truth_fits_together(data):
    """Everything else follows from the map of objects and their classes."""
    assert data.images.dtype == torch.uint8
    seen = set()
    for number in range(len(data)):
        truth = data.annotations(torch.tensor([number]))
        objects = truth.instances[0]
        count = int(objects.max())
        seen.add(count)
        assert objects.unique().tolist() in ([0, *range(1, count + 1)], [*range(1, count + 1)])
        assert truth.box_ptr.tolist() == [0, count]
        pixels = []
        for which in range(1, count + 1):
            rows, columns = (objects == which).nonzero().T
            corners = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            assert truth.boxes[which - 1].tolist() == [float(c) for c in corners]
            classes = truth.semantic[0][objects == which].unique()
            assert classes.tolist() == [int(truth.box_labels[which - 1]) + 1]
            pixels.append(len(rows))
        assert bool((truth.semantic[0][objects == 0] == 0).all())
        largest = int(truth.box_labels[int(np.argmax(pixels))]) if pixels else -1
        assert truth.labels.tolist() == [largest]
    assert seen == set(range(7))


def test_every_class_is_drawn(items):
    labels = compose_scenes(items, 60, image_size=24).box_labels
    assert len(labels.unique()) == 10


def test_pictures_know_nothing_of_classes(items):
    """With other labels the same pixels come out: only the names of what they show change."""
    shifted = dataclasses.replace(items, labels=(items.labels + 3) % 10)
    mine, other = compose_scenes(items, 8), compose_scenes(shifted, 8)
    assert torch.equal(mine.images, other.images)
    assert torch.equal((mine.box_labels + 3) % 10, other.box_labels)


def test_superpixels_can_follow_the_items(data):
    """The ceiling that 300 superpixels allow, and that it isn't given away by flat colours."""
    labels = slic(data.images.to(torch.float32) / 255, n_segments=300)
    ceilings = [
        float(achievable_segmentation_accuracy(found, truth.long()))
        for found, truth in zip(labels, data.semantic, strict=True)
    ]
    assert np.mean(ceilings) >= 0.96
    ground = data.images.to(torch.float64).std(dim=(2, 3))
    assert float(ground.min()) > 8


def test_parts_are_kept_and_mapped(cache):
    first = load("scenes-mini", "train")
    assert (len(first), first.image_size, first.name, first.split) == (
        7,
        (32, 32),
        "scenes-mini",
        "train",
    )
    (folder,) = (cache / "scenes").iterdir()
    assert sorted(file.name for file in folder.iterdir()) == ["index.json", "scenes.safetensors"]
    before = (folder / "scenes.safetensors").stat().st_mtime_ns
    assert load("scenes-mini", "train").fingerprint == first.fingerprint
    assert (folder / "scenes.safetensors").stat().st_mtime_ns == before


def test_same_bytes_for_any_workers(cache, monkeypatch):
    digests = set()
    for workers in (0, 1, 2):
        monkeypatch.setenv("GRAPHVISION_CACHE", str(cache / str(workers)))
        load("scenes-mini", "test", workers=workers)
        (file,) = (cache / str(workers)).rglob("*.safetensors")
        digests.add(hashlib.sha256(file.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_half_written_is_never_read(cache):
    expected = load("scenes-mini", "test").fingerprint
    (file,) = cache.rglob("*.safetensors")
    file.write_bytes(file.read_bytes()[:-8])
    file.with_name("shard-00000002.safetensors").write_bytes(b"half")
    assert load("scenes-mini", "test").fingerprint == expected


def test_parts_share_no_item(cache, monkeypatch):
    asked = []
    monkeypatch.setattr(
        scenes, "load_fashion_mini", lambda part: asked.append(part) or load("fashion-mini", part)
    )
    scenes._items.cache_clear()
    for part in ("train", "validation", "test"):
        load("scenes-mini", part)
    assert [part for part in asked if part != "test"] == ["train", "validation"]
    assert asked.count("test") == 4  # its items, and the names of the classes for each part
    scenes._items.cache_clear()


def test_names_and_sizes():
    found = {name: (kind.size, sum(kind.counts.values())) for name, kind in scenes._KINDS.items()}
    assert found == {
        "scenes-mini": (64, 1200),
        "scenes-single": (64, 3600),
        "scenes": (64, 11000),
        "scenes-256": (256, 2400),
        "scenes-512": (512, 2400),
    }


def test_one_item_at_most(items):
    data = compose_scenes(items, 60, at_most=1)
    objects = data.box_ptr.diff()
    assert objects.max() == 1
    assert 0.8 <= (objects == 1).double().mean() < 1


def test_errors(items, cache):
    with pytest.raises(ValueError, match="`at_most` must be at least 1, got 0"):
        compose_scenes(items, 1, at_most=0)
    with pytest.raises(ValueError, match="`count` must be at least 0"):
        compose_scenes(items, -1)
    with pytest.raises(ValueError, match="`image_size` must be at least 16"):
        compose_scenes(items, 1, image_size=8)
    with pytest.raises(ValueError, match="`seed` must be in"):
        compose_scenes(items, 1, seed=-1)
    colour = compose_scenes(items, 1)
    with pytest.raises(ValueError, match="`items` must be grey and square, got 3 channels"):
        compose_scenes(colour, 1)
    black = ImageDataset(items.images[:2] * 0, items.labels[:2], items.classes, name="black")
    with pytest.raises(ValueError, match="must have pixels of at least"):
        compose_scenes(black, 1)
    with pytest.raises(FileNotFoundError, match="must be in /nowhere"):
        load("scenes", "test", root="/nowhere")
    with pytest.raises(ValueError, match="`workers` must be at least 0"):
        load("scenes-mini", "test", workers=-1)
