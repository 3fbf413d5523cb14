"""Scenes: pictures composed of the items of another data set, with the truth for every task."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from graphvision.datasets.annotated_images import AnnotatedImages
from graphvision.datasets.cache import cache_folder
from graphvision.datasets.code_digest import code_digest
from graphvision.datasets.fashion_mini import load_fashion_mini
from graphvision.datasets.fashion_mnist import load_fashion_mnist
from graphvision.datasets.image_dataset import ImageDataset
from graphvision.datasets.scene_items import SceneItems
from graphvision.datasets.scene_painter import MOST_ITEMS, paint_scene
from graphvision.datasets.sharded import build_sharded
from graphvision.datasets.shards import Arrays, read_arrays, write_shard
from graphvision.datasets.splits import SPLITS
from graphvision.kernels._starts import starts

SHARD_SCENES = 100
_CODE = ("objects", "scene_items", "scene_painter", "scene_sprite", "scene_texture")


@dataclass(frozen=True)
class _Kind:
    size: int
    counts: dict[str, int]
    items: str = "fashion-mnist"
    at_most: int = MOST_ITEMS


_KINDS = {
    "scenes-mini": _Kind(64, {"train": 900, "validation": 100, "test": 200}, "fashion-mini"),
    "scenes-single": _Kind(64, {"train": 2700, "validation": 300, "test": 600}, "fashion-mini", 1),
    "scenes": _Kind(64, {"train": 9000, "validation": 1000, "test": 1000}),
    "scenes-256": _Kind(256, {"train": 1800, "validation": 200, "test": 400}),
    "scenes-512": _Kind(512, {"train": 1800, "validation": 200, "test": 400}),
}


def compose_scenes(
    items: ImageDataset,
    count: int,
    *,
    image_size: int = 64,
    seed: int = 0,
    at_most: int = MOST_ITEMS,
) -> AnnotatedImages:
    """Compose pictures of 0 … 6 items on textured grounds, with the truth for every task.

    Every picture has a stream of random numbers of its own, so that it is the same in any number
    of pictures, on every machine. Tints, grounds, places and order know nothing of the classes.
    Items are 0.8 to 1.4 times as large as in a picture of 64/28 of their size, turned by up to 20°
    and hidden by at most 40 %, what lies outside of the picture included.

    Args:
        items: what to compose: grey, square pictures on black.
        count: number of pictures, ≥ 0.
        image_size: pixels on each side, ≥ 16.
        seed: another seed gives other pictures, 0 … 2³² - 1.
        at_most: items of a picture, ≥ 1; one in 25 has none.

    Returns:
        The pictures, with labels, classes of pixels, objects, and boxes of what is visible.

    Raises:
        ValueError: the items can't be cut out, or a number is outside of its range.

    Example:
        >>> from graphvision.datasets import compose_scenes, load
        >>> data = compose_scenes(load("fashion-mini", "test"), 3)
        >>> data.images.shape, data.instances.amax(dim=(1, 2)).tolist()
        (torch.Size([3, 3, 64, 64]), [3, 5, 5])
    """
    if count < 0:
        raise ValueError(f"`count` must be at least 0, got {count}")
    if image_size < 16:
        raise ValueError(f"`image_size` must be at least 16, got {image_size}")
    if not 0 <= seed < 2**32:
        raise ValueError(f"`seed` must be in 0…{2**32 - 1}, got {seed}")
    if at_most < 1:
        raise ValueError(f"`at_most` must be at least 1, got {at_most}")
    arrays = _compose(
        SceneItems.of(items), range(count), size=image_size, at_most=at_most, stream=(seed,)
    )
    return _as_data(arrays, items.classes, name="scenes", split=items.split)


def _load(
    name: str,
    split: str,
    *,
    root: str | Path | None = None,
    download: bool = False,
    workers: int = 0,
) -> AnnotatedImages:
    """Pictures of :func:`compose_scenes`, made once, kept in the cache and mapped from there.

    The parts share no item: each is composed of the same part of Fashion-MNIST.

    Args:
        name: ``"scenes-mini"`` (900, 100 and 200 pictures of 64², of the embedded items),
            ``"scenes-single"`` (2,700, 300 and 600 of 64², one embedded item each),
            ``"scenes"`` (9,000, 1,000 and 1,000 of 64²), ``"scenes-256"`` or ``"scenes-512"``
            (1,800, 200 and 400).
        split: ``"train"``, ``"validation"`` or ``"test"``.
        root: folder with the files of Fashion-MNIST; not for embedded items.
        download: fetch Fashion-MNIST where it isn't on this machine.
        workers: processes that compose; 0 composes in this one. The pictures are the same.

    Returns:
        The part that was asked for.

    Raises:
        FileNotFoundError: Fashion-MNIST isn't on this machine.
        ValueError: ``workers`` < 0.

    Example:
        >>> load_scenes_mini("validation").images.shape
        torch.Size([100, 3, 64, 64])
    """
    kind = _KINDS[name]
    place = None if root is None else str(Path(root).resolve())
    count = kind.counts[split]
    facts = {
        "pictures": count,
        "size": kind.size,
        "items": kind.items,
        "at_most": kind.at_most,
        "place": place,
        "code": code_digest(*(f"datasets/{module}.py" for module in _CODE)),
    }
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
    path = cache_folder() / "scenes" / f"{name}-{split}-{key}" / "scenes.safetensors"
    source = (kind.items, split, place, download)
    jobs = {
        first: (source, range(first, min(first + SHARD_SCENES, count)), (kind.size, kind.at_most))
        for first in range(0, count, SHARD_SCENES)
    }
    text = f"{name} {split}"
    build_sharded(path, _write, jobs, facts=facts, workers=workers, text=text)
    classes = load_fashion_mini("test").classes
    return _as_data(read_arrays(path), classes, name=name, split=split)


load_scenes = partial(_load, "scenes")
load_scenes_256 = partial(_load, "scenes-256")
load_scenes_512 = partial(_load, "scenes-512")
load_scenes_mini = partial(_load, "scenes-mini")
load_scenes_single = partial(_load, "scenes-single")

Source = tuple[str, str, str | None, bool]


@cache
def _items(source: Source) -> SceneItems:
    name, split, root, download = source
    if name == "fashion-mini":
        return SceneItems.of(load_fashion_mini(split))
    return SceneItems.of(load_fashion_mnist(split, root=root, download=download))


def _write(source: Source, numbers: range, form: tuple[int, int], path: Path) -> None:
    (size, at_most), split = form, SPLITS.index(source[1])
    stream = (size, split)
    write_shard(_compose(_items(source), numbers, size=size, at_most=at_most, stream=stream), path)


def _compose(
    items: SceneItems, numbers: range, *, size: int, at_most: int, stream: tuple[int, ...]
) -> Arrays:
    """The arrays of some pictures; each has the stream of its number."""
    scenes = [
        paint_scene(items, size, np.random.RandomState([*stream, number]), at_most=at_most)
        for number in numbers
    ]

    def stacked(name: str, *shape: int) -> torch.Tensor:
        made = [getattr(scene, name) for scene in scenes]
        empty = np.zeros((0, *shape), np.uint8)
        return torch.from_numpy(np.stack(made) if made else empty)

    return {
        "images": stacked("image", 3, size, size),
        "semantic": stacked("semantic", size, size),
        "instances": stacked("instances", size, size),
        "labels": torch.tensor([scene.label for scene in scenes], dtype=torch.int64),
        "objects": torch.tensor([len(scene.box_labels) for scene in scenes], dtype=torch.int64),
        "boxes": torch.cat([torch.zeros(0, 4), *(torch.from_numpy(s.boxes) for s in scenes)]),
        "box_labels": torch.cat(
            [
                torch.zeros(0, dtype=torch.int64),
                *(torch.from_numpy(s.box_labels) for s in scenes),
            ]
        ),
    }


def _as_data(arrays: Arrays, classes: tuple[str, ...], **names: Any) -> AnnotatedImages:
    return AnnotatedImages(
        arrays["images"],
        arrays["labels"],
        classes,
        semantic=arrays["semantic"],
        instances=arrays["instances"],
        boxes=arrays["boxes"],
        box_labels=arrays["box_labels"],
        box_ptr=starts(arrays["objects"]),
        **names,
    )
