"""Superpixels of whatever people have as images."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphvision.graphs.images import as_image
from graphvision.kernels import slic as _kernel

__all__ = ["slic"]


def slic(
    image: Any,
    n_segments: int,
    compactness: float = 10.0,
    *,
    max_iter: int = 5,
    min_size_factor: float = 0.25,
    exact: bool = False,
    mask: Any = None,
    convert_lab: bool | None = None,
    backend: str = "auto",
) -> Tensor:
    """Cut an image, or every image of a batch, into connected regions of similar colour.

    The promises (connected, numbered without gaps, reproducible, no crumbs, ``exact``) are those
    of :func:`graphvision.kernels.slic.slic`.

    Args:
        image: anything :func:`graphvision.as_image` takes.
        n_segments: number of regions asked for, 1…valid pixels.
        compactness: weight of place against colour, above 0; as in scikit-image for RGB. Grey
            images and other channels are weighed on the same scale as lightness, 0…100.
        max_iter: rounds of k-means, at least 1.
        min_size_factor: least region size as a part of the mean size, 0…1.
        exact: exactly ``n_segments`` regions.
        mask: True where pixels are used, ``[h, w]`` (for every image of a batch) or
            ``[b, h, w]``; the others get -1.
        convert_lab: take three channels through CIELAB; None does so for exactly three channels.
        backend: ``"auto"``, ``"reference"``, ``"numba"`` or ``"triton"`` (CUDA).

    Returns:
        int64 labels: ``[h, w]`` for one image, ``[b, h, w]`` for a batch.

    Raises:
        ValueError: an argument out of its range, a malformed image, more regions than pixels.
        BackendUnavailable: ``backend`` names a kernel that can't run here.

    Example:
        >>> import graphvision as gv, torch
        >>> labels = gv.slic(torch.rand(3, 28, 28), 75, exact=True)
        >>> labels.shape, int(labels.max()) + 1
        (torch.Size([28, 28]), 75)

    Source:
        Achanta et al., "SLIC superpixels compared to state-of-the-art superpixel methods", TPAMI
        2012; masks in the spirit of Irving, "maskSLIC", arXiv 1606.09518.
    """
    pixels = as_image(image)
    single = pixels.ndim == 3
    batch = pixels[None] if single else pixels
    labels: Tensor = _kernel.slic(
        batch,
        n_segments,
        compactness,
        max_iter=max_iter,
        min_size_factor=min_size_factor,
        exact=exact,
        mask=None if mask is None else _as_mask(mask, batch),
        convert_lab=convert_lab,
        backend=backend,
    )
    return labels[0] if single else labels


def _as_mask(mask: Any, image: Tensor) -> Tensor:
    mask = torch.from_numpy(mask) if isinstance(mask, np.ndarray) else mask
    b, _, height, width = image.shape
    fits = isinstance(mask, Tensor) and mask.shape in ((height, width), (b, height, width))
    if not fits or mask.dtype != torch.bool:
        got = f"{mask.dtype} of shape {tuple(mask.shape)}" if isinstance(mask, Tensor) else mask
        raise ValueError(
            f"`mask` must be boolean of shape ({height}, {width}) or ({b}, {height}, {width}), "
            f"got {got}"
        )
    wide: Tensor = mask.expand(b, height, width).to(image.device)
    return wide
