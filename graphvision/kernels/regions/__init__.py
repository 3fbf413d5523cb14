"""What can be said about each region of a label map: size, place, shape, colour, gradient."""

from typing import Any

from jaxtyping import Float
from torch import Tensor

from graphvision.kernels._dispatch import fast
from graphvision.kernels.columns import Columns
from graphvision.kernels.regions import _reference, _slope
from graphvision.kernels.regions._regions import Regions

__all__ = [
    "Regions",
    "image_slope",
    "region_colours",
    "region_gradients",
    "region_layout",
    "region_shape",
]

Table = dict[str, Tensor]


def _write(
    op: str, image: Tensor, args: tuple[Any, ...], out: Columns | None, width: dict[str, int]
) -> Table:
    """Run the fast form of an op, or its reference where gradients flow or there is no form.

    The compiled kernels know pictures and no gradients.
    """
    regions: Regions = args[0]
    kernel = None
    if len(regions.size) == 2 and not image.requires_grad:
        kernel = fast(op, regions.backend, image)
    if kernel is None:
        table: Table = getattr(_reference, op)(image, *args)
        return table if out is None else out.fill(table)
    if out is None:
        out = Columns.make(width, image, regions.num_regions)
    kernel(image, *args, out)
    return out.views(*width)


def region_shape(regions: Regions) -> Table:
    """Size, place and form of every region.

    ``area = |R|``, ``centroid = mean(p)``, ``second_moments = mean((p − centroid)(p − centroid)ᵀ)``
    (the diagonal first, then the upper triangle: yy, xx, yx), ``border_contact`` = the fraction of
    the region's pixels that lie on the image border.

    Args:
        regions: label maps.

    Returns:
        float64 tables ``[n, 1]``, ``[n, d]``, ``[n, d(d+1)/2]``, ``[n, 1]`` under those names; in
        pixels, (y, x), y down.

    Example:
        >>> import torch
        >>> table = region_shape(Regions(torch.tensor([[[0, 0, 1]]])))
        >>> table["area"].flatten().tolist(), table["centroid"].tolist()
        ([2.0, 1.0], [[0.0, 0.5], [0.0, 2.0]])
    """
    two_d = len(regions.size) == 2
    kernel = fast("region_shape", regions.backend, regions.labels) if two_d else None
    table: Table = (kernel or _reference.region_shape)(regions)
    return table


def region_colours(
    image: Float[Tensor, "b c *size"], regions: Regions, out: Columns | None = None
) -> Table:
    """Mean, standard deviation (of the population), minimum and maximum per channel.

    Args:
        image: one value per pixel and channel.
        regions: label maps of the same size.
        out: where to write those that are asked for; all of them, in a table of their own, if None.

    Returns:
        Tables ``[n, c]`` under ``"mean"``, ``"std"``, ``"min"``, ``"max"``; the gradient of ``std``
        is 0 where it is 0.

    Example:
        >>> import torch
        >>> labels = torch.tensor([[[0, 0, 1]]])
        >>> table = region_colours(torch.tensor([[[[1.0, 3.0, 5.0]]]]), Regions(labels))
        >>> table["mean"].flatten().tolist(), table["std"].flatten().tolist()
        ([2.0, 5.0], [1.0, 0.0])
    """
    width = dict.fromkeys(("mean", "std", "min", "max"), image.shape[1])
    return _write("region_colours", image, (regions,), out, width)


def image_slope(image: Float[Tensor, "b c *size"], regions: Regions) -> Float[Tensor, "b d *size"]:
    """Gradient of the channel mean by central differences, per pixel step.

    Outside the image and at ignored pixels there is no value: the difference is then one-sided, and
    0 where neither neighbour counts. Without ignored pixels it is ``numpy.gradient``.

    Args:
        image: one value per pixel and channel.
        regions: label maps of the same size; -1 marks ignored pixels.

    Returns:
        One component per axis, (y, x); what it holds at ignored pixels means nothing.

    Example:
        >>> import torch
        >>> ramp = torch.tensor([[[[0.0, 1.0, 4.0]]]])
        >>> image_slope(ramp, Regions(torch.tensor([[[0, 0, 0]]])))[0, 1].tolist()
        [[1.0, 2.0, 3.0]]
    """
    kernel = None
    if len(regions.size) == 2 and not image.requires_grad:
        kernel = fast("image_slope", regions.backend, image)
    slope: Tensor = (kernel or _slope.image_slope)(image, regions)
    return slope


def region_gradients(
    slope: Float[Tensor, "b d *size"], regions: Regions, out: Columns | None = None
) -> Table:
    """Mean gradient, and how it is spread over eight directions.

    Each pixel's gradient g is written as ``a·u_k + b·u_{k+1}`` with ``a, b ≥ 0`` and the two
    nearest of the unit vectors ``u_k = (cos 45°k, sin 45°k)`` (x right, y down); ``orientation`` is
    the mean of those weights, a histogram weighted by magnitude and split linearly between bins.
    So ``Σ_k h_k u_k`` is the mean gradient again, and every bin is differentiable where no gradient
    lies between two bins.

    Args:
        slope: of :func:`image_slope`.
        regions: label maps of the same size.
        out: as for :func:`region_colours`.

    Returns:
        ``"gradient"`` ``[n, d]`` (y, x) and, for pictures, ``"orientation"`` ``[n, 8]``.

    Example:
        >>> import torch
        >>> regions = Regions(torch.zeros(1, 3, 4, dtype=torch.long))
        >>> ramp = torch.arange(4.0).expand(1, 1, 3, 4)
        >>> table = region_gradients(image_slope(ramp, regions), regions)
        >>> table["gradient"].tolist(), table["orientation"][0, :3].tolist()
        ([[0.0, 1.0]], [1.0, 0.0, 0.0])
    """
    return _write("region_gradients", slope, (regions,), out, {"gradient": 2, "orientation": 8})


def region_layout(
    image: Float[Tensor, "b c h w"],
    regions: Regions,
    centroid: Float[Tensor, "n 2"],
    out: Columns | None = None,
) -> Table:
    """How colour is placed within each region.

    ``quadrants`` are the mean colours of the four parts around the centroid (above left, above
    right, below left, below right; the region's mean where a part has no pixel), and
    ``intensity_shift = mean((I − mean I)·(p − centroid))``, the covariance of intensity and place.

    Args:
        image: one value per pixel and channel.
        regions: label maps of the same size.
        centroid: of :func:`region_shape`.
        out: as for :func:`region_colours`.

    Returns:
        ``"quadrants"`` ``[n, 4c]`` and ``"intensity_shift"`` ``[n, 2]`` (y, x).

    Example:
        >>> import torch
        >>> regions = Regions(torch.zeros(1, 1, 2, dtype=torch.long))
        >>> image = torch.tensor([[[[0.0, 1.0]]]])
        >>> table = region_layout(image, regions, region_shape(regions)["centroid"])
        >>> table["quadrants"].tolist(), table["intensity_shift"].tolist()
        ([[0.5, 0.5, 0.0, 1.0]], [[0.0, 0.25]])
    """
    width = {"quadrants": 4 * image.shape[1], "intensity_shift": 2}
    return _write("region_layout", image, (regions, centroid), out, width)
