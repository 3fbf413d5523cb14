import json

import numpy as np
import pytest
import torch
from PIL import Image

from graphvision.datasets import AnnotatedImages, load

SQUARE = [[1, 1, 5, 1, 5, 5, 1, 5]]
CATEGORIES = [{"id": 17, "name": "cat"}, {"id": 3, "name": "person"}]


def annotation(image, category, bbox, **more):
    return {"image_id": image, "category_id": category, "bbox": bbox} | more


def write(root, annotations, *, count=1, size=(8, 6), beside="images", images=None):
    (root / beside).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        shape = (size[1], size[0], 3)
        picture = np.random.RandomState(number).randint(0, 255, shape).astype(np.uint8)
        Image.fromarray(picture).save(root / beside / f"{number}.png")
    rows = [
        {"id": 10 + number, "file_name": f"{number}.png", "height": size[1], "width": size[0]}
        for number in range(count)
    ]
    content = {"images": images or rows, "categories": CATEGORIES, "annotations": annotations}
    (root / "annotations.json").write_text(json.dumps(content))
    return root


def in_parts(root, annotations, **settings):
    for part in ("train", "validation", "test"):
        write(root / part, annotations, **settings)
    return root


def only(root, **where):
    data = load("folder", "test", root=root, **where)
    return data, data.annotations(torch.arange(len(data)))


def test_objects_and_maps(tmp_path):
    runs = {"size": [6, 8], "counts": [24, 2, 22]}  # column 4, rows 0 and 1
    found = [
        annotation(10, 17, [1, 1, 4, 4], segmentation=SQUARE),
        annotation(10, 3, [4, 0, 1, 2], segmentation=runs, iscrowd=0),
        annotation(10, 3, [5, 2, 3, 4], segmentation=[[5, 2, 8, 2, 8, 6, 5, 6]], iscrowd=1),
        annotation(10, 3, [7, 0, 0, 4], segmentation=SQUARE),
    ]
    data, truth = only(in_parts(tmp_path / "pets", found))
    assert isinstance(data, AnnotatedImages)
    assert (data.classes, data.name, data.in_channels) == (("person", "cat"), "pets", 3)
    assert truth.boxes.tolist() == [[1, 1, 5, 5], [4, 0, 5, 2]]
    assert truth.box_labels.tolist() == [1, 0]
    assert truth.labels.tolist() == [1]
    instances = torch.zeros(6, 8, dtype=torch.int64)
    instances[2:6, 5:8], instances[1:5, 1:5], instances[0:2, 4] = -1, 1, 2
    assert torch.equal(truth.instances[0], instances)
    semantic = torch.tensor([0, 2, 1, -1])[instances]
    assert torch.equal(truth.semantic[0], semantic)


def test_boxes_alone(tmp_path):
    found = [annotation(10, 17, [-1, 2, 3.5, 2]), annotation(10, 3, [5, 0, 9, 9])]
    _, truth = only(in_parts(tmp_path, found, beside="."))
    assert truth.boxes.tolist() == [[0, 2, 2.5, 4], [5, 0, 8, 6]]
    assert (truth.semantic, truth.instances) == (None, None)
    assert truth.labels.tolist() == [0]  # 18 pixels against 5


def test_what_has_no_segmentation_among_others_is_not_known(tmp_path):
    found = [annotation(10, 17, [0, 0, 3, 3]), annotation(10, 3, [1, 1, 4, 4], segmentation=SQUARE)]
    _, truth = only(in_parts(tmp_path, found))
    assert truth.instances[0, 0].tolist() == [-1, -1, -1, 0, 0, 0, 0, 0]
    assert truth.instances[0, 1].tolist() == [-1, 2, 2, 2, 2, 0, 0, 0]
    assert len(truth.boxes) == 2


def test_smaller_objects_lie_over_larger_ones(tmp_path):
    small = annotation(10, 3, [2, 2, 1, 1], segmentation=[[2, 2, 3, 2, 3, 3, 2, 3]])
    large = annotation(10, 17, [1, 1, 4, 4], segmentation=SQUARE)
    for order in ([small, large], [large, small]):
        _, truth = only(in_parts(tmp_path, order))
        assert int(truth.semantic[0, 2, 2]) == 1
        assert int((truth.semantic == 2).sum()) == 15


def test_no_objects_and_cut_parts(tmp_path):
    root = write(tmp_path, [annotation(10, 3, [1, 1, 4, 4], segmentation=SQUARE)], count=10)
    sizes = {}
    for part in ("train", "validation", "test"):
        data = load("folder", part, root=root)
        sizes[part] = len(data)
        assert data.labels.tolist().count(0) <= 1
    assert sizes == {"train": 7, "validation": 1, "test": 2}


def categories(root, part, rows):
    """Give a part other categories."""
    file = root / part / "annotations.json"
    content = json.loads(file.read_text())
    rows = [{"id": number, "name": name} for number, name in rows.items()]
    file.write_text(json.dumps(content | {"categories": rows}))


def test_parts_number_their_classes_alike(tmp_path):
    root = in_parts(tmp_path, [annotation(10, 17, [0, 0, 2, 2])])
    categories(root, "train", {17: "cat", 9: "dog", 3: "person"})
    categories(root, "test", {17: "cat", 20: "cow"})
    for part in ("train", "validation", "test"):
        data = load("folder", part, root=root)
        assert data.classes == ("person", "dog", "cat", "cow")
        assert data.labels.tolist() == [2]


@pytest.mark.parametrize("rows", [{17: "cat", 3: "dog"}, {17: "cat", 4: "person"}])
def test_parts_that_contradict_each_other(tmp_path, rows):
    root = in_parts(tmp_path, [])
    categories(root, "test", rows)
    for part in ("train", "test"):
        with pytest.raises(
            ValueError, match=r"test.annotations\.json` must give .* same id and name"
        ):
            load("folder", part, root=root)


def test_one_name_for_two_ids_of_every_part(tmp_path):
    root = in_parts(tmp_path, [annotation(10, 1, [0, 0, 2, 2])])
    for part in ("train", "validation", "test"):
        categories(root, part, {0: "fish", 1: "fish"})
    assert only(root)[0].labels.tolist() == [1]


def test_resized(tmp_path):
    found = [annotation(10, 17, [1, 1, 4, 4], segmentation=SQUARE)]
    data, truth = only(in_parts(tmp_path, found), image_size=(12, 24))
    assert data.image_size == (12, 24)
    assert truth.boxes.tolist() == [[3, 2, 15, 10]]
    rows, columns = truth.instances[0].nonzero().T
    assert [int(v) for v in (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)] == [
        3,
        2,
        15,
        10,
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bbox": [0, 0, 1]}, r"annotations\[1\]: `bbox` must be"),
        ({"bbox": [0, 0, -1, 1]}, "`bbox` must be"),
        ({"bbox": [0, 0, float("nan"), 1]}, "`bbox` must be"),
        ({"bbox": "box"}, "`bbox` must be"),
        ({"category_id": 4}, r"`category_id` must be one of \[3, 17\], got 4"),
        ({"image_id": 99}, r"must know every picture, got image_id 99 in annotations\[1\]"),
        ({"segmentation": [[1, 2]]}, r"annotations\[1\]: `segmentation` must have polygons"),
    ],
)
def test_malformed_annotations(tmp_path, change, message):
    good = annotation(10, 3, [0, 0, 1, 1], segmentation=SQUARE)
    with pytest.raises(ValueError, match=message) as caught:
        only(in_parts(tmp_path, [good, good | change]))
    assert "annotations.json" in str(caught.value)


def test_malformed_files(tmp_path):
    root = in_parts(tmp_path, [])
    file = root / "test" / "annotations.json"
    content = json.loads(file.read_text())
    for text, message in (
        ('{"images": [', "must be JSON"),
        ("[]", "must have a list of objects 'categories'"),
        (json.dumps(content | {"images": [3]}), "must have a list of objects 'images'"),
        (
            json.dumps(content | {"annotations": [{"image_id": 10}]}),
            r"annotations\[0\].category_id",
        ),
        (json.dumps(content | {"images": []}), "must hold pictures for the part 'test'"),
        (json.dumps(content | {"categories": CATEGORIES[:1] * 2}), "each once"),
    ):
        file.write_text(text)
        with pytest.raises(ValueError, match=message):
            only(root)
    row = content["images"][0]
    file.write_text(json.dumps(content | {"images": [row | {"height": 7}]}))
    with pytest.raises(ValueError, match=r"must have the size in .*json, \(7, 8\), got \(6, 8\)"):
        only(root)
    file.write_text(json.dumps(content | {"images": [row | {"file_name": "none.png"}]}))
    with pytest.raises(FileNotFoundError, match=r"none\.png must be there"):
        only(root)
    file.write_text(json.dumps(content))
    (root / "test" / "images" / "0.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"pictures only, got .*0\.png"):
        only(root)
