"""Pictures with a mask each, and where there are any, a map of objects each."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from graphvision.datasets.annotated_images import AnnotatedImages
from graphvision.datasets.objects import Objects, objects_of
from graphvision.datasets.parts import Parts
from graphvision.datasets.pictures import (
    channel_count,
    picture_files,
    read_map,
    read_picture,
    resized,
    resized_map,
    stack_maps,
    stack_pictures,
)
from graphvision.kernels._starts import starts


def load_masks(
    parts: Parts, *, name: str, image_size: tuple[int, int] | None = None
) -> AnnotatedImages:
    """Pictures in ``images``, masks in ``masks`` and, if it is there, objects in ``instances``.

    A mask has the name of its picture, whatever their suffixes, and a whole number per pixel, as
    grey or palette PNG: 0 for the background, c + 1 for class c, 255 (65535 of 16 bits) where it
    isn't known. A map of objects has 0 for none and another number for each object; an object's
    class is the one that most of its pixels have. ``classes.txt``, in the folder of all or
    in a part's, names the classes from 1 on, one a line; without it they are called by numbers.

    Args:
        parts: folders with ``images`` and ``masks``, and the part that is asked for.
        name: of the data set.
        image_size: (height, width) that all is resized to; masks by the nearest pixel.

    Returns:
        Pictures with classes of pixels and, where ``instances`` is there, objects and boxes.

    Raises:
        FileNotFoundError: a picture has no mask.
        ValueError: no pictures, several sizes, or a malformed file, which is named.
    """
    folder = parts.folder
    files = picture_files((folder / "images").iterdir())
    every = (file for part in parts.folders for file in picture_files((part / "images").glob("*")))
    masks = _beside(files, folder / "masks")
    has_objects = (folder / "instances").is_dir()
    maps = _beside(files, folder / "instances") if has_objects else []
    chosen = parts.chosen(torch.zeros(len(files), dtype=torch.int64))
    classes = _classes(parts)
    images, semantic, found = [], [], []
    for i in chosen:
        image = read_picture(files[i])
        images.append(resized(image, image_size))
        semantic.append(resized_map(_read(masks[i], image, len(classes)), image_size))
        if has_objects:
            instances = resized_map(_read(maps[i], image), image_size)
            found.append(_objects(semantic[-1], instances, maps[i]))
    labels = [o.label for o in found] if has_objects else [_most(mask) for mask in semantic]
    return AnnotatedImages(
        stack_pictures(images, [files[i] for i in chosen], channel_count(every)),
        torch.tensor(labels),
        classes,
        name=name,
        split=parts.split,
        semantic=stack_maps(semantic),
        **(packed_objects(found) if has_objects else {}),
    )


def packed_objects(found: list[Objects]) -> dict[str, Tensor]:
    """Objects of all pictures as the arrays of :class:`AnnotatedImages`."""
    counts = torch.tensor([len(o.labels) for o in found], dtype=torch.int64)
    return {
        "instances": stack_maps([torch.from_numpy(o.instances) for o in found]),
        "boxes": torch.cat([torch.from_numpy(o.boxes) for o in found]),
        "box_labels": torch.cat([torch.from_numpy(o.labels) for o in found]),
        "box_ptr": starts(counts),
    }


def _beside(files: list[Path], folder: Path) -> list[Path]:
    by_name = {file.stem: file for file in picture_files(folder.iterdir())}
    for file in files:
        if file.stem not in by_name:
            raise FileNotFoundError(f"{folder} must hold a mask for {file.name}, got none")
    return [by_name[file.stem] for file in files]


def _names(parts: Parts) -> tuple[str, ...]:
    """What ``classes.txt`` says, the same wherever one is; empty where there is none."""
    found: tuple[str, ...] = ()
    for file in [folder / "classes.txt" for folder in (parts.root, *parts.folders)]:
        if not file.is_file():
            continue
        lines = file.read_text(encoding="utf-8").splitlines()
        names = tuple(line.strip() for line in lines if line.strip())
        if not names or len(set(names)) < len(names):
            got = list(names)
            raise ValueError(f"`{file}` must name each class once, one a line, got {got}")
        if found and names != found:
            raise ValueError(f"`{file}` must name the classes as others do, {found}, got {names}")
        found = names
    return found


def _classes(parts: Parts) -> tuple[str, ...]:
    names = _names(parts)
    masks = picture_files(mask for part in parts.folders for mask in (part / "masks").glob("*"))
    largest = _largest_class(masks, enough=1 if names else None)
    if names:
        return names
    if largest < 1:
        wanted = "a class (1, 2, …) somewhere"
        got = f"only background in {parts.folder / 'masks'}"
        raise ValueError(f"masks must show {wanted}, got {got}")
    return tuple(str(number) for number in range(1, largest + 1))


def _largest_class(masks: list[Path], enough: int | None) -> int:
    """Of all masks, or of the first ones that have a class of at least ``enough``."""
    largest, unknown = 0, None
    for file in masks:
        values = read_map(file)
        largest = max(largest, int(values.max()))
        if unknown is None and int(values.min()) < 0:
            unknown = file
        if enough is not None and largest >= enough:
            break
    if largest < 1 and unknown is not None:
        wanted = "a class (1, 2, …) somewhere: 255 means unknown; write the class as 1"
        raise ValueError(f"masks must show {wanted}, got only 0 and 255, as in {unknown}")
    return largest


def _read(file: Path, image: Tensor, largest: int | None = None) -> Tensor:
    values = read_map(file)
    if values.shape != image.shape[1:]:
        wanted = f"as large as their picture, {tuple(image.shape[1:])}"
        raise ValueError(f"masks must be {wanted}, got {tuple(values.shape)} in {file}")
    if largest is not None and int(values.max()) > largest:
        got = f"{int(values.max())} in {file}"
        raise ValueError(f"masks must hold classes up to {largest}, got {got}")
    return values


def _objects(semantic: Tensor, instances: Tensor, file: Path) -> Objects:
    try:
        return objects_of(semantic.numpy(), instances.numpy())
    except ValueError as error:
        raise ValueError(f"{error} in {file}") from None


def _most(semantic: Tensor) -> int:
    """The class that most pixels have, -1 where none has one."""
    shown = semantic[semantic > 0].numpy()
    return int(np.bincount(shown).argmax()) - 1 if len(shown) else -1
