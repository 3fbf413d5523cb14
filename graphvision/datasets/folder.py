"""A person's own pictures: one folder per class."""

from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from graphvision.datasets.image_dataset import ImageDataset
from graphvision.datasets.splits import SPLITS, three_way_split
from graphvision.graphs import as_image

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})


def load_folder(
    split: str, *, root: str | Path | None = None, image_size: tuple[int, int] | None = None
) -> ImageDataset:
    """Pictures in ``root/class/*`` or, with parts of your own, ``root/split/class/*``.

    Args:
        split: ``"train"``, ``"validation"`` or ``"test"``. Without folders of these names, 70, 10
            and 20 % of each class, always the same ones.
        root: the folder. Its subfolders' names, in alphabetical order, are the classes.
        image_size: (height, width) that every picture is resized to; None: all must have one size.

    Returns:
        The part that was asked for. Grey where every picture is grey, else RGB; transparency is
        left out.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: no classes, no pictures, several sizes, or a file that is no picture.

    Example:
        >>> load_folder("train", root="/nowhere")
        Traceback (most recent call last):
        ...
        FileNotFoundError: `root` must be a folder with one subfolder per class, got '/nowhere'
    """
    if root is None or not Path(root).is_dir():
        got = "nothing" if root is None else repr(str(root))
        raise FileNotFoundError(f"`root` must be a folder with one subfolder per class, got {got}")
    folder = Path(root)
    has_parts = (folder / "train").is_dir() and (folder / "test").is_dir()
    files, labels, classes = _list(folder / split if has_parts else folder)
    if not has_parts:
        part = three_way_split(labels)[split]
        files, labels = [files[i] for i in part.tolist()], labels[part]
    if not files:
        raise ValueError(f"`root` must hold pictures for the part {split!r}, got none in {folder}")
    images = _stack([_read(file, image_size) for file in files], files)
    return ImageDataset(images, labels, classes, name=folder.resolve().name, split=split)


def _list(folder: Path) -> tuple[list[Path], Tensor, tuple[str, ...]]:
    found = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    classes = [path for path in found if path.name not in SPLITS and path.name[0] != "."]
    if not classes:
        raise ValueError(f"`root` must hold one subfolder per class, got none in {folder}")
    files, labels = [], []
    for label, path in enumerate(classes):
        members = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
        files += members
        labels += [label] * len(members)
    return files, torch.tensor(labels, dtype=torch.int64), tuple(path.name for path in classes)


def _read(file: Path, image_size: tuple[int, int] | None) -> Tensor:
    try:
        image = as_image(file)
    except ValueError as error:
        raise ValueError(f"`root` must hold pictures only, got {file}: {error}") from None
    image = image[: 3 if len(image) >= 3 else 1].to(torch.float32)
    if image_size is not None and tuple(image.shape[1:]) != tuple(image_size):
        image = F.interpolate(image[None], image_size, mode="bilinear", antialias=True)[0]
    return (image.clamp(0, 1) * 255).round().to(torch.uint8)


def _stack(images: list[Tensor], files: list[Path]) -> Tensor:
    for image, file in zip(images, files, strict=True):
        if image.shape[1:] != images[0].shape[1:]:
            sizes = f"{tuple(images[0].shape[1:])} and {tuple(image.shape[1:])} ({file})"
            raise ValueError(f"`image_size` must be given for pictures of several sizes: {sizes}")
    channels = max(len(image) for image in images)
    return torch.stack([image.expand(channels, -1, -1) for image in images])
