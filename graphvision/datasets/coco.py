"""Pictures with objects in COCO's format: one file of boxes, polygons and run lengths."""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from graphvision.datasets.annotated_images import AnnotatedImages
from graphvision.datasets.coco_masks import segmentation_mask
from graphvision.datasets.mask_folder import packed_objects
from graphvision.datasets.objects import Objects
from graphvision.datasets.parts import Parts
from graphvision.datasets.pictures import (
    channel_count,
    read_picture,
    resized,
    resized_map,
    stack_maps,
    stack_pictures,
)

Array = np.ndarray[Any, np.dtype[Any]]


class _Layer(NamedTuple):
    """Pixels that are painted over those of larger layers."""

    area: float
    number: int
    value: int
    mask: Array


@dataclass(frozen=True)
class _Picture:
    file: Path
    size: tuple[Any, Any]
    objects: list[dict[str, Any]] = field(default_factory=list)


def load_coco(
    parts: Parts, *, name: str, image_size: tuple[int, int] | None = None
) -> AnnotatedImages:
    """Pictures and ``annotations.json`` as COCO describes it.

    Boxes are those of the file, cut at the picture's edge; what is left without area is left out.
    Where any object has a segmentation there are maps: smaller objects lie over larger ones, and
    what a crowd (``iscrowd``) covers, or the box of an object without segmentation, isn't known
    (-1) unless another object lies there. Object k + 1 of a map has box k.

    Args:
        parts: folders with ``annotations.json`` and the pictures, in ``images`` or beside it, and
            the part that is asked for.
        name: of the data set.
        image_size: (height, width) that pictures, maps and boxes are resized to.

    Returns:
        Pictures with boxes and, where there are segmentations, classes and objects of pixels. The
        classes are the categories of all parts' files by rising id.

    Raises:
        FileNotFoundError: a picture is missing.
        ValueError: a malformed file, which is named with the place, no or several sizes, or
            parts whose categories contradict each other.
    """
    files = [folder / "annotations.json" for folder in parts.folders]
    contents = {file: _content(file) for file in files if file.is_file()}
    file = parts.folder / "annotations.json"
    classes = _classes(contents)
    by_file = {file: _pictures(content, file.parent) for file, content in contents.items()}
    channels = channel_count(p.file for pictures in by_file.values() for p in pictures)
    pictures = by_file[file]
    chosen = parts.chosen(torch.zeros(len(pictures), dtype=torch.int64))
    pictures = [pictures[i] for i in chosen]
    has_maps = any(entry.get("segmentation") for entry in contents[file]["annotations"])
    read = [_read(picture, list(classes), has_maps, file) for picture in pictures]
    found = [_resized(objects, image_size) for _, objects, _ in read]
    arrays = packed_objects(found)
    if has_maps:
        arrays["semantic"] = stack_maps(
            [resized_map(semantic, image_size) for *_, semantic in read]
        )
    else:
        del arrays["instances"]
    images = [resized(image, image_size) for image, *_ in read]
    return AnnotatedImages(
        stack_pictures(images, [picture.file for picture in pictures], channels),
        torch.tensor([objects.label for objects in found]),
        tuple(classes.values()),
        name=name,
        split=parts.split,
        **arrays,
    )


def _read(
    picture: _Picture, ids: list[int], has_maps: bool, file: Path
) -> tuple[Tensor, Objects, Tensor]:
    image = read_picture(picture.file)
    size = (image.shape[1], image.shape[2])
    if picture.size not in (size, (None, None)):
        got = f"{size} of {picture.file}"
        raise ValueError(f"pictures must have the size in {file}, {picture.size}, got {got}")
    try:
        objects, semantic = _objects(picture, size, ids, has_maps)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None
    return image, objects, torch.from_numpy(semantic)


def _content(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"`{file}` must be JSON, got something else: {error}") from None
    needed = {
        "categories": ("id", "name"),
        "images": ("id", "file_name"),
        "annotations": ("image_id", "category_id", "bbox"),
    }
    for name, keys in needed.items():
        rows = content.get(name) if isinstance(content, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ValueError(f"`{file}` must have a list of objects {name!r}, got another thing")
        for number, row in enumerate(rows):
            missing = [key for key in keys if key not in row]
            if missing:
                raise ValueError(f"`{file}` must have {name}[{number}].{missing[0]}, got none")
    return dict(content)


def _classes(contents: dict[Path, dict[str, Any]]) -> dict[int, str]:
    """Names by the ids of all parts together, by rising id."""
    found: dict[int, str] = {}
    for file, content in contents.items():
        own = _categories(content["categories"], file)
        for number, name in own.items():
            known = [other for other, called in found.items() if called == name]
            if found.get(number, name) != name or (known and number not in known):
                wanted = "give a category the same id and name as the other parts do"
                raise ValueError(f"`{file}` must {wanted}, got {number}: {name!r} beside {found}")
        found |= own
    return dict(sorted(found.items()))


def _categories(rows: list[dict[str, Any]], file: Path) -> dict[int, str]:
    names = {row["id"]: str(row["name"]) for row in rows}
    if len(names) < len(rows) or not all(isinstance(i, int) for i in names):
        got = [row["id"] for row in rows]
        raise ValueError(f"`{file}` must number its categories, each once, got {got}")
    return names


def _pictures(content: dict[str, Any], folder: Path) -> list[_Picture]:
    found: dict[Any, _Picture] = {}
    for row in content["images"]:
        places = [folder / "images" / row["file_name"], folder / row["file_name"]]
        file = next((place for place in places if place.is_file()), None)
        if file is None:
            raise FileNotFoundError(f"{places[0]} must be there as annotations.json says, got none")
        found[row["id"]] = _Picture(file, (row.get("height"), row.get("width")))
    for number, row in enumerate(content["annotations"]):
        if row["image_id"] not in found:
            got = f"image_id {row['image_id']!r} in annotations[{number}]"
            raise ValueError(f"`{folder / 'annotations.json'}` must know every picture, got {got}")
        found[row["image_id"]].objects.append({"number": number, **row})
    return list(found.values())


def _objects(
    picture: _Picture, size: tuple[int, int], ids: list[int], has_maps: bool
) -> tuple[Objects, Array]:
    """The objects of a picture in the file's order, and the classes of its pixels."""
    boxes, labels = [], []
    layers: list[_Layer] = []
    for row in picture.objects:
        try:
            label, box, mask = _object(row, ids, size)
        except ValueError as error:
            raise ValueError(f"annotations[{row['number']}]: {error}") from None
        crowd, known = row.get("iscrowd"), row.get("segmentation") or not has_maps
        if not crowd and not (box[2:] > box[:2]).all():
            continue
        if not crowd:
            boxes.append(box)
            labels.append(label)
        unknown = _Layer(math.inf, -1, -1, mask)
        seen = _Layer(mask.sum(), len(labels), label + 1, mask)
        layers.append(unknown if crowd or not known else seen)
    semantic, instances = np.zeros(size, np.int64), np.zeros(size, np.int64)
    for layer in sorted(layers, key=lambda layer: -layer.area):
        instances[layer.mask], semantic[layer.mask] = layer.number, layer.value
    made = np.array(boxes, np.float32).reshape(-1, 4)
    return Objects(instances, made, np.array(labels, np.int64)), semantic


def _object(row: dict[str, Any], ids: list[int], size: tuple[int, int]) -> tuple[int, Array, Array]:
    """Class, box and pixels; the pixels of the box where there is no segmentation."""
    if row["category_id"] not in ids:
        raise ValueError(f"`category_id` must be one of {ids}, got {row['category_id']!r}")
    values = row["bbox"]
    numbers = isinstance(values, list) and all(isinstance(v, (int, float)) for v in values)
    if not numbers or len(values) != 4 or not np.isfinite(values).all() or min(values[2:]) < 0:
        raise ValueError(f"`bbox` must be [x, y, width, height], got {values!r:.60}")
    x, y, width, height = values
    edges = np.array([size[1], size[0]] * 2)
    box = np.clip(np.array([x, y, x + width, y + height]), 0, edges)
    if row.get("segmentation"):
        mask = segmentation_mask(row["segmentation"], size)
    else:  # the pixels whose centre is in the box
        mask = np.zeros(size, bool)
        x0, y0, x1, y1 = np.ceil(box - 0.5).astype(np.int64)
        mask[y0:y1, x0:x1] = True
    return ids.index(row["category_id"]), box, mask


def _resized(objects: Objects, image_size: tuple[int, int] | None) -> Objects:
    if image_size is None:
        return objects
    (height, width), (new_height, new_width) = objects.instances.shape, image_size
    by = np.array([new_width / width, new_height / height] * 2)
    boxes = (objects.boxes * by).clip(0, [new_width, new_height] * 2).astype(np.float32)
    instances = resized_map(torch.from_numpy(objects.instances), image_size).numpy()
    return Objects(instances, boxes, objects.labels)
