"""A person's own pictures: a folder per class, masks beside pictures, or a COCO file."""

from itertools import chain
from pathlib import Path
from typing import Any

import torch

from graphvision.datasets.image_dataset import ImageDataset
from graphvision.datasets.parts import Parts
from graphvision.datasets.pictures import (
    channel_count,
    picture_files,
    read_picture,
    resized,
    stack_pictures,
)
from graphvision.datasets.splits import SPLITS


def load_folder(
    split: str, *, root: str | Path | None = None, image_size: tuple[int, int] | None = None
) -> ImageDataset:
    """Pictures of one's own; what is in the folder says which of three layouts it has.

    - ``root/annotations.json``: objects in COCO's format, pictures in ``root/images`` or ``root``;
      see :func:`graphvision.datasets.coco.load_coco`.
    - ``root/images`` and ``root/masks``: a mask of the same name for every picture;
      ``mask_folder.py`` says more.
    - ``root/class/*``: a folder per class; names in alphabetical order are the classes.

    Args:
        split: ``"train"``, ``"validation"`` or ``"test"``. Where ``root`` has the folders ``train``
            and ``test``, each with the layout, these are the parts, and so is ``validation`` if it
            is there, else 10 % of ``train``; without them 70, 10 and 20 %. Shares are of each class
            where a folder is a class, and always the same files.
        root: the folder.
        image_size: (height, width) that every picture is resized to, masks and boxes with it; None:
            all must have one size.

    Returns:
        The part that was asked for; with masks or a COCO file, an ``AnnotatedImages``. Grey where
        every picture of every part is grey, else RGB; transparency is left out.

    Raises:
        FileNotFoundError: there is no such folder, or a file is missing from it.
        ValueError: no classes, no pictures, several sizes, or a malformed file, which is named.

    Example:
        >>> load_folder("train", root="/nowhere")
        Traceback (most recent call last):
        ...
        FileNotFoundError: `root` must be a folder with pictures, got '/nowhere'
    """
    if root is None or not Path(root).is_dir():
        got = "nothing" if root is None else repr(str(root))
        raise FileNotFoundError(f"`root` must be a folder with pictures, got {got}")
    parts = Parts(Path(root), split)
    settings: dict[str, Any] = {"name": parts.root.resolve().name, "image_size": image_size}
    if (parts.folder / "annotations.json").is_file():
        from graphvision.datasets.coco import load_coco

        return load_coco(parts, **settings)
    if (parts.folder / "images").is_dir() and (parts.folder / "masks").is_dir():
        from graphvision.datasets.mask_folder import load_masks

        return load_masks(parts, **settings)
    return _load_classes(parts, **settings)


def _load_classes(parts: Parts, *, name: str, image_size: tuple[int, int] | None) -> ImageDataset:
    classes = _classes(parts)
    by_folder = {
        folder: [picture_files((folder / label).rglob("*")) for label in classes]
        for folder in parts.folders
    }
    channels = channel_count(chain(*chain(*by_folder.values())))
    members = by_folder[parts.folder]
    labels = torch.arange(len(classes)).repeat_interleave(torch.tensor([len(m) for m in members]))
    part = parts.chosen(labels)
    every = list(chain(*members))
    files = [every[i] for i in part]
    images = [resized(read_picture(file), image_size) for file in files]
    stacked = stack_pictures(images, files, channels)
    return ImageDataset(stacked, labels[part], classes, name=name, split=parts.split)


def _classes(parts: Parts) -> tuple[str, ...]:
    """Of all parts together: a class has the same number in each, and may be missing in one."""
    found = {path.name for folder in parts.folders for path in folder.iterdir() if path.is_dir()}
    classes = sorted(name for name in found if name not in SPLITS and name[0] != ".")
    if not classes:
        wanted = "one subfolder per class, `images` and `masks`, or annotations.json"
        raise ValueError(f"`root` must hold {wanted}, got none in {parts.folder}")
    return tuple(classes)
