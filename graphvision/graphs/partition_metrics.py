"""How good a partition of an image is: explained variation, compactness, segmentation accuracy."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = [
    "achievable_segmentation_accuracy",
    "compactness",
    "explained_variation",
    "undersegmentation_error",
]


def explained_variation(
    image: Float[Tensor, "c h w"], labels: Int[Tensor, "h w"]
) -> Float[Tensor, ""]:
    """Return the part of the colour variance that region means keep.

    ``Σ_k |k| · ‖mean_k − mean‖² / Σ_p ‖x_p − mean‖²`` over the pixels with a label.

    Args:
        image: colours in any space.
        labels: region of every pixel, from 0; negative where ignored.

    Returns:
        A scalar in 0…1, larger is better; 1 where the image has no variance.

    Example:
        >>> image = torch.tensor([[[0.0, 0.0, 1.0, 3.0]]])
        >>> float(explained_variation(image, torch.tensor([[0, 0, 1, 1]])))
        0.6666666865348816

    Source:
        Moore et al., "Superpixel lattices", CVPR 2008; as in Stutz et al., CVIU 2018, section 5.
    """
    used = labels >= 0
    colours, regions = image[:, used].T.double(), labels[used]
    count = torch.bincount(regions).clamp(min=1)
    sums = colours.new_zeros(len(count), len(image)).index_add_(0, regions, colours)
    means = sums / count[:, None]
    centre = colours.mean(dim=0)
    total = (colours - centre).square().sum()
    if total == 0:
        return image.new_ones(())
    between = (count[:, None] * (means - centre).square())[torch.bincount(regions) > 0].sum()
    return (between / total).to(image.dtype)


def compactness(labels: Int[Tensor, "h w"]) -> Float[Tensor, ""]:
    """Return the mean isoperimetric quotient of the regions, weighted by their size.

    ``Σ_k |k| / N · 4π |k| / perimeter_k²``, the perimeter in pixel sides, those on the image's
    edge and towards ignored pixels included: π/4 for squares.

    Args:
        labels: region of every pixel, from 0; negative where ignored.

    Returns:
        A scalar in 0…π/4; larger is more compact.

    Example:
        >>> round(float(compactness(torch.zeros(4, 4, dtype=torch.long))), 4)
        0.7854

    Source:
        Schick, Fischer and Stiefelhagen, "Measuring and evaluating the compactness of
        superpixels", ICPR 2012.
    """
    framed = torch.nn.functional.pad(labels, (1, 1, 1, 1), value=-1)
    area = torch.bincount(labels[labels >= 0])
    sides = torch.zeros_like(area)
    for shift, dim in ((1, 0), (-1, 0), (1, 1), (-1, 1)):
        outer = framed[(framed != framed.roll(shift, dim)) & (framed >= 0)]
        sides += torch.bincount(outer, minlength=len(area))
    quotient = 4 * math.pi * area / sides.clamp(min=1).square()
    return (quotient * area).sum() / area.sum()


def _overlap(labels: Tensor, truth: Tensor) -> Tensor:
    """Pixels that every region (row) shares with every true segment (column)."""
    used = (labels >= 0) & (truth >= 0)
    regions, segments = labels[used], truth[used]
    rows, columns = int(regions.max()) + 1, int(segments.max()) + 1
    joint = torch.bincount(regions * columns + segments, minlength=rows * columns)
    return joint.view(rows, columns)


def achievable_segmentation_accuracy(
    labels: Int[Tensor, "h w"], truth: Int[Tensor, "h w"]
) -> Float[Tensor, ""]:
    """Return the best pixel accuracy that giving each region one true label can reach.

    ``1/N · Σ_k max_t |k ∩ t|``: the ceiling of every classifier of the nodes.

    Args:
        labels: region of every pixel, from 0; negative where ignored.
        truth: true segment of every pixel, from 0; negative where ignored.

    Returns:
        A scalar in 0…1; larger is better.

    Example:
        >>> truth = torch.tensor([[0, 0, 1, 1]])
        >>> float(achievable_segmentation_accuracy(torch.tensor([[0, 0, 0, 1]]), truth))
        0.75

    Source:
        Liu et al., "Entropy rate superpixel segmentation", CVPR 2011, section 5.
    """
    joint = _overlap(labels, truth)
    return joint.amax(dim=1).sum() / joint.sum()


def undersegmentation_error(
    labels: Int[Tensor, "h w"], truth: Int[Tensor, "h w"]
) -> Float[Tensor, ""]:
    """Return how much the regions leak over true borders.

    ``1/N · Σ_t Σ_{k: k∩t ≠ ∅} min(|k ∩ t|, |k − t|)``.

    Args:
        labels: region of every pixel, from 0; negative where ignored.
        truth: true segment of every pixel, from 0; negative where ignored.

    Returns:
        A scalar from 0; smaller is better.

    Example:
        >>> truth = torch.tensor([[0, 0, 1, 1]])
        >>> float(undersegmentation_error(torch.tensor([[0, 0, 0, 1]]), truth))
        0.5

    Source:
        Neubert and Protzel, "Superpixel benchmark and comparison", 2012, equation 2.
    """
    joint = _overlap(labels, truth)
    outside = joint.sum(dim=1, keepdim=True) - joint
    return torch.minimum(joint, outside).sum() / joint.sum()
