"""Images in: arrays, tensors, PIL images and files become one kind of tensor."""

import os
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphvision.kernels.pixels import unit_pixels

MAX_PIXELS = 100_000_000
_INTEGERS = (torch.uint8, torch.uint16, torch.bool)
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError)


def as_image(image: Any, *, ndim: int = 2, max_pixels: int = MAX_PIXELS) -> Tensor:
    """Turn what people have into a float tensor with channels first.

    Args:
        image: tensor ``[c, h, w]`` or ``[b, c, h, w]``; NumPy ``h×w`` or ``h×w×c``; a PIL image;
            a path. uint8, uint16 and bool are scaled to 0…1 (float32); float32 and float64 stay
            as they are; half precision becomes float32.
        ndim: spatial dimensions: 2 for pictures; 1 for signals, 3 for volumes (tensors only).
        max_pixels: largest picture that a file or PIL image may hold; checked before decoding.

    Returns:
        A contiguous tensor ``[c, *size]``, or ``[b, c, *size]`` where a batch was given. Files and
        PIL images are turned upright by their EXIF orientation; palettes become RGB, and a
        transparency channel stays as the last channel.

    Raises:
        ValueError: wrong shape or dtype, an empty axis, NaN or infinite values, or a file that is
            empty, truncated, too large or no image.
        FileNotFoundError: there is no such file.

    Example:
        >>> as_image(np.full((4, 5), 255, dtype=np.uint8)).shape
        torch.Size([1, 4, 5])
    """
    if ndim != 2 and not isinstance(image, Tensor):
        raise ValueError(
            f"`image` must be a tensor for {ndim} spatial dimensions, got {type(image).__name__}"
        )
    if isinstance(image, (str, os.PathLike)):
        image = _from_file(Path(image), max_pixels)
    elif hasattr(image, "getbands") and hasattr(image, "convert"):
        image = _from_pil(image, "the PIL image", max_pixels)
    if isinstance(image, np.ndarray):
        image = _from_array(image)
    if not isinstance(image, Tensor):
        expected = "a tensor, a NumPy array, a PIL image or a path"
        raise ValueError(f"`image` must be {expected}, got {type(image).__name__}")
    return _checked(image, ndim)


def _checked(image: Tensor, ndim: int) -> Tensor:
    axes = {1: "length", 2: "h, w", 3: "d, h, w"}[ndim]
    if image.ndim not in (ndim + 1, ndim + 2):
        raise ValueError(
            f"`image` must have shape (c, {axes}) or (b, c, {axes}), got {tuple(image.shape)}"
        )
    if 0 in image.shape:
        raise ValueError(f"`image` must have no empty axis, got shape {tuple(image.shape)}")
    if image.dtype in _INTEGERS:
        return unit_pixels(image)
    if image.dtype in (torch.float16, torch.bfloat16):
        image = image.to(torch.float32)
    elif image.dtype not in (torch.float32, torch.float64):
        raise ValueError(
            f"`image` must be uint8, uint16, bool or floating, got {str(image.dtype)[6:]}"
        )
    if not bool(torch.isfinite(image.detach().sum())) and not bool(torch.isfinite(image).all()):
        raise ValueError("`image` must be finite, got NaN or infinite values")
    return image.contiguous()


def _from_array(image: Any) -> Tensor:
    if image.ndim not in (2, 3):
        raise ValueError(f"`image` must be an h×w or h×w×c array, got shape {image.shape}")
    if image.dtype.byteorder not in ("=", "|"):
        image = image.astype(image.dtype.newbyteorder("="))
    if image.dtype.kind not in "buif":
        raise ValueError(f"`image` must be uint8, uint16, bool or floating, got {image.dtype}")
    image = image[None] if image.ndim == 2 else np.moveaxis(image, 2, 0)
    if image.dtype == np.longdouble and image.dtype != np.float64:
        image = image.astype(np.float64)
    return torch.from_numpy(np.array(image, order="C"))


def _from_file(path: Path, max_pixels: int) -> Any:
    from PIL import Image, UnidentifiedImageError

    if path.is_dir():
        raise ValueError(f"`image` must be an image file, got the folder {str(path)!r}")
    if path.stat().st_size == 0:
        raise ValueError(f"`image` must be an image file, got the empty file {str(path)!r}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            opened = Image.open(path)
    except Image.DecompressionBombError as error:
        raise ValueError(f"`image` must have at most {max_pixels} pixels: {error}") from error
    except UnidentifiedImageError as error:
        raise ValueError(
            f"`image` must be an image file, got {str(path)!r}, which is none or is broken"
        ) from error
    except (*_BROKEN, struct.error, zlib.error) as error:
        raise ValueError(f"`image` {str(path)!r} can't be read: {error}") from error
    with opened:
        return _from_pil(opened, repr(str(path)), max_pixels)


def _from_pil(image: Any, name: str, max_pixels: int) -> Any:
    from PIL import Image, ImageOps

    width, height = image.size
    if width * height > max_pixels:
        raise ValueError(
            f"`image` must have at most {max_pixels} pixels, got {width}×{height} in {name}"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.load()
            return np.asarray(_plain_mode(ImageOps.exif_transpose(image)))
    except (*_BROKEN, struct.error, zlib.error, Image.DecompressionBombError) as error:
        raise ValueError(f"`image` {name} is broken or truncated: {error}") from error


def _plain_mode(image: Any) -> Any:
    """One of the modes whose array means what our contract says: 8 or 16 bits or float."""
    if image.mode in ("L", "RGB", "LA", "RGBA", "F", "1") or image.mode.startswith("I;16"):
        return image
    if image.mode == "I":
        array = np.asarray(image)
        if array.min(initial=0) < 0 or array.max(initial=0) > np.iinfo(np.uint16).max:
            raise ValueError("32-bit integer pixels outside 0…65535")
        return array.astype(np.uint16)
    transparent = image.mode in ("PA", "RGBa", "La") or "transparency" in image.info
    return image.convert("RGBA" if transparent else "RGB")
