"""CIELAB in plain torch."""

import torch
from torch import Tensor

# Linear sRGB to XYZ under D65 (IEC 61966-2-1), rows already divided by the white point
# (0.95047, 1, 1.08883), so that white becomes (1, 1, 1).
RGB_TO_XYZ = (
    (0.412453 / 0.95047, 0.357580 / 0.95047, 0.180423 / 0.95047),
    (0.212671, 0.715160, 0.072169),
    (0.019334 / 1.08883, 0.119193 / 1.08883, 0.950227 / 1.08883),
)


def rgb_to_lab(image: Tensor) -> Tensor:
    linear = torch.where(
        image > 0.04045, ((image.clamp(min=0.0) + 0.055) / 1.055) ** 2.4, image / 12.92
    )
    matrix = torch.tensor(RGB_TO_XYZ, dtype=image.dtype, device=image.device)
    xyz = torch.einsum("dc,bchw->bdhw", matrix, linear)
    root = xyz.clamp(min=1e-4) ** (1 / 3)
    x, y, z = torch.where(xyz > 0.008856, root, 7.787 * xyz + 16 / 116).unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=1)
