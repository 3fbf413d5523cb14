import numpy as np
import pytest
from PIL import Image

from graphvision.datasets import load


def write(path, size=(6, 5), mode="L", value=100):
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (size[1], size[0]) if mode == "L" else (size[1], size[0], len(mode))
    Image.fromarray(np.full(shape, value, np.uint8), mode=None).save(path)


@pytest.fixture
def root(tmp_path):
    for name in ("cat", "dog"):
        for index in range(10):
            write(tmp_path / "pets" / name / f"{index}.png", value=10 * index)
    return tmp_path / "pets"


def test_classes_and_parts(root):
    parts = {split: load("folder", split, root=root) for split in ("train", "validation", "test")}
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 14,
        "validation": 2,
        "test": 4,
    }
    test = parts["test"]
    assert (test.classes, test.name, test.image_size) == (("cat", "dog"), "pets", (5, 6))
    assert test.labels.tolist() == [0, 0, 1, 1]


def test_own_parts(root, tmp_path):
    for split, count in (("train", 3), ("validation", 1), ("test", 2)):
        for index in range(count):
            write(tmp_path / "own" / split / "cat" / f"{index}.png")
    assert len(load("folder", "train", root=tmp_path / "own")) == 3
    assert len(load("folder", "test", root=tmp_path / "own")) == 2


def test_parts_number_their_classes_alike(tmp_path):
    for place in ("train/a", "train/b", "train/c", "validation/c", "test/a", "test/c", "test/d"):
        write(tmp_path / place / "0.png")
    (tmp_path / "test" / ".cache").mkdir()
    for split, labels in (("train", [0, 1, 2]), ("validation", [2]), ("test", [0, 2, 3])):
        data = load("folder", split, root=tmp_path)
        assert data.classes == ("a", "b", "c", "d")
        assert data.labels.tolist() == labels


def test_sizes_and_channels(root):
    write(root / "dog" / "wide.png", size=(12, 9), mode="RGB")
    with pytest.raises(ValueError, match="`image_size` must be given"):
        load("folder", "train", root=root)
    assert load("folder", "train", root=root, image_size=(7, 8)).images.shape[1:] == (3, 7, 8)


def test_errors(root, tmp_path):
    with pytest.raises(FileNotFoundError, match="`root` must be a folder"):
        load("folder", "train")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="one subfolder per class, `images` and"):
        load("folder", "train", root=tmp_path / "empty")
    (tmp_path / "empty" / "cat").mkdir()
    with pytest.raises(ValueError, match="must hold pictures"):
        load("folder", "train", root=tmp_path / "empty")
    for index in range(10):
        (root / "cat" / f"{index}.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"must hold pictures only, got .*png"):
        load("folder", "train", root=root)
