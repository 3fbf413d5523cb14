"""Losses of boxes by their overlap."""

import torch
from jaxtyping import Float
from torch import Tensor

from graphvision.tasks.boxes.iou import distance_iou, generalized_iou
from graphvision.tasks.losses.weighted_mean import element_weight, weighted_mean


def _mean_gap(overlap: Tensor, weight: Tensor | None) -> Tensor:
    known = torch.ones_like(overlap, dtype=torch.bool)
    return weighted_mean(1 - overlap, element_weight(known, weight, overlap))


def giou_loss(
    boxes: Float[Tensor, "n 4"],
    target: Float[Tensor, "n 4"],
    *,
    weight: Float[Tensor, " n"] | None = None,
) -> Float[Tensor, ""]:
    """Return the mean of ``1 − GIoU``; see :func:`~graphvision.tasks.boxes.generalized_iou`.

    Args:
        boxes: predicted (x0, y0, x1, y1).
        target: the true boxes.
        weight: of every pair, from 0.

    Returns:
        A scalar in 0…2; 0 with gradient 0 where no pair counts.

    Raises:
        ValueError: ``weight`` doesn't have one number per pair.

    Example:
        >>> box = torch.tensor([[0.0, 0.0, 2.0, 2.0]])
        >>> float(giou_loss(box, box + 2))  # apart: 0 − 8/16
        1.5

    Source:
        Rezatofighi et al., "Generalized intersection over union", CVPR 2019, algorithm 2.
    """
    return _mean_gap(generalized_iou(boxes, target), weight)


def diou_loss(
    boxes: Float[Tensor, "n 4"],
    target: Float[Tensor, "n 4"],
    *,
    weight: Float[Tensor, " n"] | None = None,
) -> Float[Tensor, ""]:
    """Return the mean of ``1 − DIoU``; see :func:`~graphvision.tasks.boxes.distance_iou`.

    Args:
        boxes: predicted (x0, y0, x1, y1).
        target: the true boxes.
        weight: of every pair, from 0.

    Returns:
        A scalar in 0…2; 0 with gradient 0 where no pair counts.

    Raises:
        ValueError: ``weight`` doesn't have one number per pair.

    Example:
        >>> box = torch.tensor([[0.0, 0.0, 2.0, 2.0]])
        >>> float(diou_loss(box, box + 2))  # apart: 0 − 8/32
        1.25

    Source:
        Zheng et al., "Distance-IoU loss", AAAI 2020, equation 7.
    """
    return _mean_gap(distance_iou(boxes, target), weight)
