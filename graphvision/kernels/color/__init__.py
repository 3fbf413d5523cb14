"""Colour spaces: sRGB to CIELAB."""

from jaxtyping import Float
from torch import Tensor

from graphvision.kernels._dispatch import fast
from graphvision.kernels.color import _reference

__all__ = ["rgb_to_lab"]


def rgb_to_lab(
    image: Float[Tensor, "b c h w"], *, backend: str = "auto"
) -> Float[Tensor, "b c h w"]:
    """Convert sRGB to CIELAB under D65, 2° observer: ``L* = 116·f(Y) − 16`` and so on.

    Args:
        image: three channels, red, green, blue, in 0…1 (gamma-encoded, as in files).
        backend: ``"auto"``, ``"reference"`` or ``"numba"``.

    Returns:
        L* in 0…100, a* and b* in about -107…98, same dtype. The fast kernel is within 1e-3 of the
        reference in float32 and takes float64 through the exact formula. The reference is
        differentiable; ``"auto"`` takes it when the image requires a gradient.

    Raises:
        ValueError: the image has not three channels.
        BackendUnavailable: ``backend`` names a kernel that can't run here.

    Example:
        >>> import torch
        >>> rgb_to_lab(torch.ones(1, 3, 1, 1, dtype=torch.float64)).flatten().round().abs().tolist()
        [100.0, 0.0, 0.0]

    Source:
        IEC 61966-2-1 and CIE 15; agrees with ``skimage.color.rgb2lab`` (``test_matches_oracle``).
    """
    if image.shape[1] != 3:
        raise ValueError(f"`image` must have 3 channels (RGB), got {image.shape[1]}")
    if image.requires_grad and backend == "auto":
        backend = "reference"
    impl = fast("rgb_to_lab", backend, image) or _reference.rgb_to_lab
    out: Tensor = impl(image)
    return out
