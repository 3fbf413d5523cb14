"""Parts of a person's own folder, whatever its layout."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from graphvision.datasets import SPLITS, load
from graphvision.datasets.parts import Parts


def save(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def classes(root, first, count):
    for number in range(first, first + count):
        save(root / f"class{number % 2}" / f"{number}.png", np.full((3, 4), number, np.uint8))


def masks(root, first, count):
    for number in range(first, first + count):
        save(root / "images" / f"{number}.png", np.full((3, 4), number, np.uint8))
        save(root / "masks" / f"{number}.png", np.ones((3, 4), np.uint8))


def coco(root, first, count):
    names = [f"{number}.png" for number in range(first, first + count)]
    for number in range(first, first + count):
        save(root / "images" / f"{number}.png", np.full((3, 4), number, np.uint8))
    content = {
        "images": [{"id": name, "file_name": name} for name in names],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [],
    }
    (root / "annotations.json").write_text(json.dumps(content))


def seen(root):
    """The grey levels, one for each picture, of all parts."""
    parts = (load("folder", split, root=root) for split in SPLITS)
    return [part.images[:, 0, 0, 0].tolist() for part in parts]


@pytest.mark.parametrize("layout", [classes, masks, coco])
def test_validation_is_cut_from_train(tmp_path, layout):
    layout(tmp_path / "train", 0, 40)
    layout(tmp_path / "test", 100, 6)
    train, validation, test = seen(tmp_path)
    assert (len(train), len(validation)) == (36, 4)
    assert sorted(train + validation) == list(range(40))
    assert sorted(test) == list(range(100, 106))
    if layout is classes:
        assert [number % 2 for number in validation] == [0, 0, 1, 1]
    layout(tmp_path / "validation", 200, 3)
    train, validation, test = seen(tmp_path)
    assert (len(train), sorted(validation), len(test)) == (40, [200, 201, 202], 6)


@pytest.mark.parametrize("layout", [classes, masks, coco])
@pytest.mark.parametrize("folders", [("train", "validation", "test"), ("train", "test"), (".",)])
def test_one_picture_with_colours_gives_every_part_three_channels(tmp_path, layout, folders):
    for folder in folders:
        layout(tmp_path / folder, 0, 20)
    place = "class1" if layout is classes else "images"
    file = tmp_path / folders[-1] / place / "13.png"
    for shape in ((3, 4), (3, 4, 3)):
        save(file, np.full(shape, 13, np.uint8))
        loaded = [load("folder", split, root=tmp_path) for split in SPLITS]
        assert {part.in_channels for part in loaded} == {len(shape) * 2 - 3}


def test_train_alone_is_no_part(tmp_path):
    (tmp_path / "train").mkdir()
    assert Parts(tmp_path, "train").folders == [tmp_path]
    assert Parts(tmp_path, "train").folder == tmp_path


def test_errors():
    with pytest.raises(ValueError, match=r"pictures for the part 'test', got none in .*nowhere"):
        Parts(Path("/nowhere"), "test").chosen(torch.zeros(0, dtype=torch.int64))
