"""A person's own files: pictures, and maps of whole numbers that belong to them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from graphvision.graphs import as_image

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})
_MOST = torch.iinfo(torch.int16).max


def picture_files(files: Iterable[Path]) -> list[Path]:
    """Those that may be pictures by their name, in alphabetical order.

    Args:
        files: paths.

    Returns:
        Sorted paths, hidden files left out.
    """
    return sorted(f for f in files if f.suffix.lower() in SUFFIXES and f.name[0] != ".")


def read_picture(file: Path) -> Tensor:
    """One picture, grey or RGB; transparency is left out.

    Args:
        file: an image file.

    Returns:
        float32, 0 … 1, ``[1 or 3, h, w]``.

    Raises:
        ValueError: it is no picture; the file is named.
    """
    try:
        image = as_image(file)
    except ValueError as error:
        raise ValueError(f"`root` must hold pictures only, got {file}: {error}") from None
    return image[: 3 if len(image) >= 3 else 1].to(torch.float32)


def read_map(file: Path) -> Tensor:
    """A picture whose pixels are whole numbers: a palette's entries, or 8 or 16 bits of grey.

    Args:
        file: an image file without loss, such as PNG.

    Returns:
        int64, ``[h, w]``; -1 where all bits are set (255, or 65535 of 16 bits).

    Raises:
        ValueError: it has colours instead of numbers, or is no picture; the file is named.
    """
    from PIL import Image

    try:
        with Image.open(file) as opened:
            mode, values = opened.mode, np.asarray(opened)
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(f"`root` must hold masks that can be read, got {file}: {error}") from None
    if mode not in ("1", "L", "P", "I") and not mode.startswith("I;16"):
        wanted = "one whole number per pixel (grey of 8 or 16 bits, or a palette)"
        raise ValueError(f"masks must have {wanted}, got {file} of mode {mode}")
    known = torch.from_numpy(values.astype(np.int64))
    return known.masked_fill(known == (255 if mode in ("L", "P") else 65535), -1)


def channel_count(files: Iterable[Path]) -> int:
    """What all pictures of a data set are given as: 1 where all are grey, else 3.

    Only heads of files are read, and those up to the first picture with colours.

    Args:
        files: of all parts, so that they agree.

    Returns:
        1 or 3.
    """
    return 3 if any(_has_colours(file) for file in files) else 1


def _has_colours(file: Path) -> bool:
    from PIL import Image

    try:
        with Image.open(file) as opened:
            mode = opened.mode
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False  # whoever reads the picture itself says what is wrong with it
    return mode not in ("1", "L", "LA", "I", "F") and not mode.startswith("I;16")


def resized(image: Tensor, size: tuple[int, int] | None) -> Tensor:
    """A picture as bytes, resized where a size is given.

    Args:
        image: 0 … 1, ``[c, h, w]``.
        size: (height, width), or None.

    Returns:
        uint8, ``[c, *size]``.
    """
    if size is not None and tuple(image.shape[1:]) != tuple(size):
        image = F.interpolate(image[None], size, mode="bilinear", antialias=True)[0]
    return (image.clamp(0, 1) * 255).round().to(torch.uint8)


def resized_map(values: Tensor, size: tuple[int, int] | None) -> Tensor:
    """A map of numbers, resized to the nearest pixel's where a size is given.

    Args:
        values: int64, ``[h, w]``.
        size: (height, width), or None.

    Returns:
        int64, ``[*size]``.
    """
    if size is None or tuple(values.shape) == tuple(size):
        return values
    scaled = F.interpolate(values[None, None].to(torch.float64), size, mode="nearest-exact")
    return scaled[0, 0].to(torch.int64)


def stack_pictures(images: Sequence[Tensor], files: Sequence[Path], channels: int) -> Tensor:
    """All pictures of a part as one tensor.

    Args:
        images: uint8, ``[1 or channels, h, w]``, at least one.
        files: where each is from.
        channels: 3, or 1 where all pictures of all parts are grey.

    Returns:
        uint8, ``[n, c, h, w]``.

    Raises:
        ValueError: they have several sizes; a file is named.
    """
    for image, file in zip(images, files, strict=True):
        if image.shape[1:] != images[0].shape[1:]:
            sizes = f"{tuple(images[0].shape[1:])} and {tuple(image.shape[1:])} ({file})"
            raise ValueError(f"`image_size` must be given for pictures of several sizes: {sizes}")
    return torch.stack([image.expand(channels, -1, -1) for image in images])


def stack_maps(maps: Sequence[Tensor]) -> Tensor:
    """All maps as one tensor, in as few bits as hold them.

    Args:
        maps: int64, ``[h, w]``, at least -1; at least one map.

    Returns:
        ``[n, h, w]``, uint8 with 255 for -1, or int16 where there are numbers above 254.

    Raises:
        ValueError: a number is above 32767.
    """
    whole = torch.stack(list(maps))
    largest = int(whole.max())
    if largest > _MOST:
        raise ValueError(f"maps must hold numbers up to {_MOST}, got {largest}")
    if largest > 254:
        return whole.to(torch.int16)
    return whole.masked_fill(whole == -1, 255).to(torch.uint8)
