"""Images and node features: one storage, two shapes."""

from math import prod

import torch
from torch import Tensor

from graphvision.graphs.abstract_window import Size


def image_to_nodes(image: Tensor) -> Tensor:
    """``[b, c, *size]`` → ``[b·∏size, c]``; a view of a channels-last image, else a copy."""
    return image.movedim(1, -1).reshape(-1, image.shape[1])


def nodes_to_image(x: Tensor, batch: int, size: Size) -> Tensor:
    """``[b·∏size, c]`` → ``[b, c, *size]``, channels-last, always a view of contiguous features."""
    return x.reshape(batch, *size, x.shape[1]).movedim(-1, 1)


def check_image(image: Tensor, channels: int | None, dims: int) -> Tensor:
    """The image with a batch axis.

    Raises:
        ValueError: wrong number of axes or channels, or an empty raster.
    """
    axes = ("length", "h, w", "d, h, w")[dims - 1]
    want = "c" if channels is None else str(channels)
    unbatched = image.ndim == dims + 1
    batched = image.unsqueeze(0) if unbatched else image
    fits = batched.ndim == dims + 2 and channels in (None, batched.shape[1])
    if not fits or prod(batched.shape[2:]) == 0:
        raise ValueError(
            f"`input` must have shape (b, {want}, {axes}) or ({want}, {axes}), "
            f"got {tuple(image.shape)}"
        )
    return batched


def check_dtype(name: str, value: Tensor, weights: torch.dtype | None) -> None:
    """Refuse another type than that of the weights and, where there are none, whole numbers.

    Under autocast torch chooses the type.

    Raises:
        ValueError: by ``name``, with the type that is wanted.
    """
    if torch.is_autocast_enabled(value.device.type):
        return
    fits = value.is_floating_point() or value.is_complex()
    if weights is None and not fits:
        raise ValueError(f"`{name}` must be of a floating type, got {value.dtype}")
    if weights not in (None, value.dtype):
        raise ValueError(f"`{name}` must be of the weights' type {weights}, got {value.dtype}")
