import dataclasses

import pytest
import torch

from graphvision.datasets import AnnotatedImages, GraphStore, ImageDataset, Recipe, load


def tiny(**change):
    """Three pictures: a cat beside a dog, nothing, a dog that is partly unknown."""
    semantic = torch.zeros(3, 4, 5, dtype=torch.uint8)
    semantic[0, 1:3, 0:2], semantic[0, 0:4, 3], semantic[2, 0, 0], semantic[2, 0, 1] = 1, 2, 2, 255
    instances = torch.zeros(3, 4, 5, dtype=torch.int16)
    instances[0, 1:3, 0:2], instances[0, 0:4, 3] = 1, 2
    instances[2, 0, 0], instances[2, 0, 1] = 1, -1
    known = {
        "images": torch.arange(180, dtype=torch.uint8).reshape(3, 3, 4, 5),
        "labels": torch.tensor([0, -1, 1]),
        "classes": ("cat", "dog"),
        "name": "tiny",
        "semantic": semantic,
        "instances": instances,
        "boxes": torch.tensor([[0.0, 1, 2, 3], [3, 0, 4, 4], [0, 0, 1, 1]]),
        "box_labels": torch.tensor([0, 1, 1]),
        "box_ptr": torch.tensor([0, 2, 2, 3]),
    }
    return AnnotatedImages(**(known | change))


def test_annotations_in_any_order():
    truth = tiny().annotations(torch.tensor([2, 1, 0, 2]))
    assert truth.image_size == (4, 5)
    assert truth.labels.tolist() == [1, -1, 0, 1]
    assert truth.semantic.dtype == truth.instances.dtype == torch.int64
    assert truth.semantic[0, 0].tolist() == [2, -1, 0, 0, 0]
    assert truth.instances[3, 0].tolist() == [1, -1, 0, 0, 0]
    assert truth.semantic[2].unique().tolist() == [0, 1, 2]
    assert truth.box_ptr.tolist() == [0, 1, 1, 3, 4]
    assert truth.box_labels.tolist() == [1, 0, 1, 1]
    assert truth.boxes[1].tolist() == [0, 1, 2, 3]


def test_no_images_and_nothing_known():
    data = tiny()
    assert len(data.annotations(torch.tensor([], dtype=torch.int64)).labels) == 0
    bare = AnnotatedImages(data.images, data.labels, data.classes, name="bare")
    truth = bare.annotations(torch.tensor([1]))
    assert (truth.semantic, truth.instances, truth.boxes) == (None, None, None)
    assert bare.subset(torch.tensor([2, 0])).labels.tolist() == [1, 0]


def test_labels_are_the_annotations_of_other_data_sets():
    data = load("digits", "test")
    index = torch.tensor([4, 1])
    assert torch.equal(data.annotations(index).labels, data.labels[index])


@pytest.mark.parametrize("index", [torch.tensor([2, 0]), torch.tensor([True, False, True])])
def test_subset_keeps_what_is_known(index):
    data = tiny()
    part = data.subset(index, "part")
    assert isinstance(part, AnnotatedImages)
    assert (len(part), part.split, data.subset(index).split) == (2, "part", "all")
    order = index.nonzero().flatten() if index.dtype == torch.bool else index
    mine, whole = part.annotations(torch.tensor([0, 1])), data.annotations(order)
    for name in ("labels", "semantic", "instances", "boxes", "box_labels", "box_ptr"):
        assert torch.equal(getattr(mine, name), getattr(whole, name)), name


def test_fingerprint_sees_annotations():
    data = tiny()
    prints = {data.fingerprint}
    for name in ("semantic", "instances", "boxes", "box_labels", "box_ptr"):
        value = getattr(data, name).clone()
        if name == "box_ptr":
            value[1] = 1
        else:
            value[0] = 0 if name != "boxes" else torch.tensor([0.0, 0, 1, 1])
            value[1:2] = 1 if name == "box_labels" else value[1:2]
        if name == "box_labels":
            value[0] = 1
        prints.add(dataclasses.replace(data, **{name: value}).fingerprint)
    prints.add(dataclasses.replace(data, semantic=None).fingerprint)
    prints.add(dataclasses.replace(data, instances=None).fingerprint)
    prints.add(dataclasses.replace(data, boxes=None, box_labels=None, box_ptr=None).fingerprint)
    prints.add(ImageDataset(data.images, data.labels.abs(), data.classes, name="x").fingerprint)
    assert len(prints) == 10
    assert tiny(name="other").fingerprint in prints


def test_graphs_are_built_where_a_picture_shows_nothing(tmp_path):
    store = GraphStore.build(tiny(), Recipe(n_segments=4), tmp_path)
    assert store.y.tolist() == [0, -1, 1]


def boxes(*rows):
    return {"boxes": torch.tensor(rows, dtype=torch.float32)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": torch.tensor([0, -2, 1])}, r"`labels` must be in -1…1, got -2…1"),
        ({"semantic": torch.zeros(3, 4, 5)}, r"`semantic` must be uint8 or int16 of shape \(3, 4"),
        ({"semantic": torch.zeros(3, 5, 4, dtype=torch.uint8)}, "got torch.uint8 of shape"),
        ({"semantic": torch.full((3, 4, 5), 3, dtype=torch.uint8)}, "in 0…2, or 255 where ignored"),
        (
            {"instances": torch.full((3, 4, 5), -2, dtype=torch.int16)},
            "or -1 where ignored, got -2",
        ),
        ({"box_ptr": None}, "must be given together"),
        ({"box_ptr": torch.tensor([0, 2, 3])}, "4 int64 that rise from 0 to 3"),
        ({"box_ptr": torch.tensor([0, 2, 1, 3])}, "that rise"),
        ({"box_labels": torch.tensor([0, 1, 2])}, "`box_labels` must be in 0…1"),
        ({"box_labels": torch.tensor([0.0, 1, 1])}, "must be an int64 vector"),
        (boxes([0, 0, 1, 1]), r"float32 of shape \(3, 4\)"),
        (boxes([0, 0, 1, 1], [2, 0, 2, 3], [0, 0, 1, 1]), r"within 5×4, got \[2.0, 0.0, 2.0, 3.0"),
        (boxes([0, 0, 1, 1], [2, 0, 3, 5], [0, 0, 1, 1]), "within 5×4"),
        (boxes([0, 0, 1, 1], [2, 0, float("nan"), 3], [0, 0, 1, 1]), "within 5×4"),
    ],
)
def test_errors(change, message):
    with pytest.raises(ValueError, match=message):
        tiny(**change)


def test_mirrored_twice_is_the_same():
    data = load("scenes-mini", "test").subset(torch.arange(6))
    index = torch.arange(6)
    both = data.with_mirrored()
    found, first = both.annotations(index + 6), data.annotations(index)
    assert both.images[6:].flip(-1).equal(data.images)
    assert found.semantic.flip(-1).equal(first.semantic)
    assert found.labels.equal(first.labels)
    assert found.box_labels.equal(first.box_labels)
    assert found.box_ptr.equal(first.box_ptr)
    for k, (x0, y0, x1, y1) in enumerate(found.boxes.long().tolist()):
        image = int((found.box_ptr[1:] <= k).sum())
        number = k - int(found.box_ptr[image]) + 1
        rows, columns = (found.instances[image] == number).nonzero().T
        assert (x0, y0) == (int(columns.min()), int(rows.min()))
        assert (x1, y1) == (int(columns.max()) + 1, int(rows.max()) + 1)
