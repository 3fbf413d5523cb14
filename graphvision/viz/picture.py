"""Pixels as they are shown."""

from typing import Any

import numpy as np

from graphvision.graphs.images import as_image


def picture(image: Any, *, grey: bool = False) -> np.ndarray:
    """An image of any kind as matplotlib's ``imshow`` takes it.

    Args:
        image: one image; see :func:`graphvision.graphs.images.as_image`.
        grey: without its colours, under something that is coloured.

    Returns:
        ``[h, w, 3]`` or, with transparency, ``[h, w, 4]``, else ``[h, w]`` (the mean of channels
        that are no colours); 0 … 1, stretched to that where values lie outside.

    Raises:
        ValueError: several images, or none.

    Example:
        >>> picture(np.full((4, 5, 3), 255, dtype=np.uint8)).shape
        (4, 5, 3)
    """
    pixels = as_image(image).detach().cpu()
    if pixels.ndim != 3:
        raise ValueError(f"`image` must be one picture, got shape {tuple(pixels.shape)}")
    coloured = len(pixels) in (3, 4)
    if coloured and grey:
        pixels, coloured = pixels[:3], False
    array: np.ndarray = (pixels.permute(1, 2, 0) if coloured else pixels.mean(0)).numpy()
    low, high = array.min(), array.max()
    if low < 0 or high > 1:
        array = (array - low) / max(high - low, np.finfo(array.dtype).tiny)
    return array
