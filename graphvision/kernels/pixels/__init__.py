"""Pixel values: integers to the unit scale, and their range."""

from jaxtyping import Bool, Float, Shaped, UInt
from torch import Tensor

from graphvision.kernels._dispatch import fast
from graphvision.kernels.pixels import _reference

__all__ = ["unit_pixels", "value_range"]


def unit_pixels(
    image: UInt[Tensor, "..."] | Bool[Tensor, "..."], *, backend: str = "auto"
) -> Float[Tensor, "..."]:
    """Scale integer pixels to 0…1: divided by 255 (uint8), 65535 (uint16) or 1 (bool).

    Args:
        image: uint8, uint16 or bool, of any shape.
        backend: ``"auto"``, ``"reference"`` or ``"numba"``.

    Returns:
        float32, contiguous, the nearest to the quotient; the same bits on every backend.

    Example:
        >>> import torch
        >>> unit_pixels(torch.tensor([0, 51, 255], dtype=torch.uint8)).tolist()
        [0.0, 0.20000000298023224, 1.0]
    """
    kernel = fast("unit_pixels", backend, image)
    scaled: Tensor = (kernel or _reference.unit_pixels)(image)
    return scaled


def value_range(
    image: Shaped[Tensor, "b *rest"], *, backend: str = "auto"
) -> tuple[Float[Tensor, " b"], Float[Tensor, " b"]]:
    """Least and largest value of every image.

    Args:
        image: floating.
        backend: ``"auto"``, ``"reference"`` or ``"numba"``.

    Returns:
        Both are NaN or infinite where a value of the image is.

    Example:
        >>> import torch
        >>> [bound.tolist() for bound in value_range(torch.tensor([[3.0, 1.0], [0.0, 0.5]]))]
        [[1.0, 0.0], [3.0, 0.5]]
    """
    kernel = fast("value_range", backend, image)
    low, high = (kernel or _reference.value_range)(image)
    return low, high
