import dataclasses

import pytest
import torch

from graphvision.datasets import ImageDataset, load, names

EXPECTED = {"train": 5400, "validation": 600, "test": 1000}


def tiny(value=0, classes=("a", "b")):
    images = torch.full((2, 1, 3, 4), value, dtype=torch.uint8)
    return ImageDataset(images, torch.tensor([0, 1]), classes, name="tiny")


def test_sample_contract():
    data = tiny(7)
    image, target = data[1]
    assert (len(data), image.shape, image.dtype, target) == (2, (1, 3, 4), torch.uint8, 1)
    assert (data.in_channels, data.image_size, data.split) == (1, (3, 4), "all")


def test_fingerprint_sees_every_change():
    reference = tiny().fingerprint
    assert tiny().fingerprint == reference
    relabelled = dataclasses.replace(tiny(), labels=torch.tensor([1, 0]))
    reshaped = dataclasses.replace(tiny(), images=tiny().images.reshape(2, 1, 4, 3))
    for other in (tiny(1), tiny(classes=("a", "c")), relabelled, reshaped):
        assert other.fingerprint != reference
    assert dataclasses.replace(tiny(), name="other").fingerprint == reference


def test_subset_takes_index_or_mask():
    data = tiny()
    assert data.subset(torch.tensor([1, 1])).labels.tolist() == [1, 1]
    assert data.subset(torch.tensor([False, True]), "half").split == "half"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": torch.zeros(2, 1, 3, 4)}, "`images` must be uint8"),
        ({"images": torch.zeros(2, 3, 4, dtype=torch.uint8)}, "`images` must be uint8"),
        ({"labels": torch.tensor([0, 1, 1])}, "`labels` must be int64 of shape"),
        ({"labels": torch.tensor([0.0, 1.0])}, "`labels` must be int64"),
        ({"labels": torch.tensor([0, 2])}, "must be in 0…1, got 0…2"),
        ({"labels": torch.tensor([-1, 0])}, "must be in 0…1, got -1…0"),
    ],
)
def test_errors(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(tiny(), **change)


@pytest.mark.parametrize(("split", "count"), EXPECTED.items())
def test_fashion_mini_is_even(split, count):
    data = load("fashion-mini", split)
    assert (len(data), data.image_size, data.split) == (count, (28, 28), split)
    assert data.labels.bincount().tolist() == [count // 10] * 10
    assert data.images.to(torch.float32).std() > 50


def test_fashion_mini_parts_are_disjoint():
    rows = torch.cat([load("fashion-mini", split).images.flatten(1) for split in EXPECTED])
    assert len(rows.unique(dim=0)) >= len(rows) - 2


def test_load_errors():
    with pytest.raises(ValueError, match="`name` must be one of"):
        load("mnist")
    with pytest.raises(ValueError, match="`split` must be one of"):
        load("fashion-mini", "all")
    with pytest.raises(ValueError, match=r"`image_size` .* 'digits', .* no settings; got \(8, 8\)"):
        load("digits", image_size=(8, 8))
    with pytest.raises(
        ValueError, match=r"`image_size` .* takes \['root', 'download', 'workers'\]"
    ):
        load("scenes-mini", image_size=(8, 8))
    assert len(load("fashion-mini", "validation", root=None, download=False)) == 600
    scenes = {"scenes", "scenes-256", "scenes-512", "scenes-mini", "scenes-single"}
    assert set(names()) == {"digits", "fashion-mini", "fashion-mnist", "folder"} | scenes
