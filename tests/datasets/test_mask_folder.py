import numpy as np
import pytest
import torch
from PIL import Image

from graphvision.datasets import load

MASK = np.array([[0, 0, 1, 1], [0, 2, 2, 1], [255, 2, 2, 0]], np.uint8)
OBJECTS = np.array([[0, 0, 9, 9], [0, 4, 4, 9], [255, 4, 4, 0]], np.uint8)


def save(path, array, mode=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(array)
    if mode == "P":
        image.putpalette([channel for entry in range(256) for channel in (entry, 0, 255 - entry)])
    image.save(path)


@pytest.fixture
def root(tmp_path):
    """Ten pictures with masks; the even ones are JPEG."""
    folder = tmp_path / "street"
    for number in range(10):
        suffix = "jpg" if number % 2 else "png"
        save(folder / "images" / f"{number}.{suffix}", np.full((3, 4, 3), 20 * number, np.uint8))
        save(folder / "masks" / f"{number}.png", MASK)
    return folder


def whole(data):
    return data.annotations(torch.arange(len(data)))


def everything(root):
    return [load("folder", part, root=root) for part in ("train", "validation", "test")]


def test_parts_and_maps(root):
    counts = {
        part: len(load("folder", part, root=root)) for part in ("train", "validation", "test")
    }
    assert counts == {"train": 7, "validation": 1, "test": 2}
    data = load("folder", "test", root=root)
    truth = whole(data)
    assert (data.classes, data.name, data.image_size) == (("1", "2"), "street", (3, 4))
    expected = torch.from_numpy(MASK.astype(np.int64)).where(torch.from_numpy(MASK != 255), -1)
    assert torch.equal(truth.semantic[1], expected)
    assert truth.labels.tolist() == [1, 1]
    assert (truth.instances, truth.boxes) == (None, None)


def test_classes_have_names(root):
    (root / "classes.txt").write_text("road\ncar\n\nsky\n")
    assert load("folder", "test", root=root).classes == ("road", "car", "sky")
    (root / "classes.txt").write_text("road\n")
    with pytest.raises(ValueError, match=r"classes up to 1, got 2 in .*\.png"):
        load("folder", "test", root=root)
    (root / "classes.txt").write_text("road\nroad\n")
    with pytest.raises(ValueError, match=r"classes\.txt` must name each class once"):
        load("folder", "test", root=root)


def test_objects(root):
    for number in range(10):
        save(root / "instances" / f"{number}.png", OBJECTS)
    truth = whole(load("folder", "validation", root=root))
    assert truth.instances[0].tolist() == [[0, 0, 2, 2], [0, 1, 1, 2], [-1, 1, 1, 0]]
    assert truth.boxes.tolist() == [[1, 1, 3, 3], [2, 0, 4, 2]]
    assert truth.box_labels.tolist() == [1, 0]
    assert truth.labels.tolist() == [1]
    save(root / "instances" / "0.png", np.where(MASK == 0, 7, 0).astype(np.uint8))
    with pytest.raises(ValueError, match=r"got none of object 7 in .*0\.png"):
        everything(root)


def test_palette_and_wide_masks(root):
    for number in range(10):
        save(root / "masks" / f"{number}.png", MASK, "P")
    assert whole(load("folder", "validation", root=root)).semantic.unique().tolist() == [
        -1,
        0,
        1,
        2,
    ]
    for number in range(10):
        wide = np.where(MASK == 255, 65535, MASK.astype(np.uint16) * 200).astype(np.uint16)
        save(root / "masks" / f"{number}.png", wide)
    data = load("folder", "validation", root=root)
    assert data.semantic.dtype == torch.int16
    assert whole(data).semantic.unique().tolist() == [-1, 0, 200, 400]


def test_own_parts_share_classes(tmp_path):
    for part, largest in (("train", 3), ("validation", 1), ("test", 1)):
        save(tmp_path / part / "images" / "a.png", np.zeros((3, 4), np.uint8))
        save(tmp_path / part / "masks" / "a.png", np.full((3, 4), largest, np.uint8))
    assert load("folder", "test", root=tmp_path).classes == ("1", "2", "3")
    (tmp_path / "classes.txt").write_text("a\nb\nc\n")
    data = load("folder", "test", root=tmp_path)
    assert (data.classes, data.labels.tolist(), data.in_channels) == (("a", "b", "c"), [0], 1)
    (tmp_path / "classes.txt").rename(tmp_path / "train" / "classes.txt")
    assert load("folder", "test", root=tmp_path).classes == ("a", "b", "c")
    (tmp_path / "test" / "classes.txt").write_text("b\na\nc\n")
    with pytest.raises(ValueError, match=r"test.classes\.txt` must name the classes as others do"):
        load("folder", "train", root=tmp_path)


def test_resized(root):
    for number in range(10):
        save(root / "instances" / f"{number}.png", OBJECTS)
    truth = whole(load("folder", "validation", root=root, image_size=(6, 12)))
    grown = torch.from_numpy(np.kron(MASK, np.ones((2, 3), np.uint8)).astype(np.int64))
    assert torch.equal(truth.semantic[0], grown.masked_fill(grown == 255, -1))
    assert truth.boxes.tolist() == [[3, 2, 9, 6], [6, 0, 12, 4]]


def test_errors(root):
    save(root / "masks" / "3.png", np.zeros((3, 5), np.uint8))
    with pytest.raises(
        ValueError, match=r"as large as their picture, \(3, 4\), got \(3, 5\) in .*3"
    ):
        everything(root)
    save(root / "masks" / "3.png", np.zeros((3, 4, 3), np.uint8))
    with pytest.raises(ValueError, match=r"one whole number per pixel .* of mode RGB"):
        everything(root)
    (root / "masks" / "3.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"masks that can be read, got .*3\.png"):
        everything(root)
    (root / "masks" / "3.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"must hold a mask for 3\.jpg"):
        everything(root)
    for number in range(10):
        save(root / "masks" / f"{number}.png", np.where(MASK == 1, 255, 0).astype(np.uint8))
    wanted = r"255 means unknown; write the class as 1, got only 0 and 255, as in .*0\.png"
    with pytest.raises(ValueError, match=wanted):
        everything(root)
    (root / "classes.txt").write_text("one")
    with pytest.raises(ValueError, match=wanted):
        everything(root)
    save(root / "masks" / "9.png", np.where(MASK == 1, 1, 0).astype(np.uint8))
    assert {part.classes for part in everything(root)} == {("one",)}
    (root / "classes.txt").unlink()
    for number in range(10):
        save(root / "masks" / f"{number}.png", np.zeros((3, 4), np.uint8))
    with pytest.raises(ValueError, match=r"must show a class .* only background in .*masks"):
        everything(root)
    for file in (root / "images").iterdir():
        file.unlink()
    (root / "classes.txt").write_text("one")
    with pytest.raises(ValueError, match="must hold pictures for the part"):
        everything(root)
