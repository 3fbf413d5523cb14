"""How much boxes overlap: IoU, and what tells boxes that don't overlap apart."""

import torch
from jaxtyping import Float
from torch import Tensor


def box_area(boxes: Float[Tensor, "*n 4"]) -> Float[Tensor, "*n"]:
    """Return ``max(0, x1 − x0) · max(0, y1 − y0)`` of each box.

    Args:
        boxes: (x0, y0, x1, y1) in pixels.

    Returns:
        Areas in square pixels; 0 of boxes that are turned inside out.

    Example:
        >>> box_area(torch.tensor([[0.0, 0.0, 2.0, 3.0], [1.0, 1.0, 0.0, 0.0]])).tolist()
        [6.0, 0.0]
    """
    width, height = (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).unbind(-1)
    return width * height


def _ratio(part: Tensor, whole: Tensor) -> Tensor:
    """``part / whole``; 0, with finite derivatives, where the whole is nothing."""
    some = whole > 0
    return (part / whole.where(some, 1)).where(some, 0)


def _hull(boxes: Tensor, others: Tensor) -> Tensor:
    low = torch.minimum(boxes[..., :2], others[..., :2])
    high = torch.maximum(boxes[..., 2:], others[..., 2:])
    return torch.cat((low, high), -1)


def _common_and_union(boxes: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    low = torch.maximum(boxes[..., :2], others[..., :2])
    high = torch.minimum(boxes[..., 2:], others[..., 2:])
    common = box_area(torch.cat((low, high), -1))
    return common, box_area(boxes) + box_area(others) - common


def iou(boxes: Float[Tensor, "*#n 4"], others: Float[Tensor, "*#n 4"]) -> Float[Tensor, "*n"]:
    """Return intersection over union, ``|a ∩ b| / |a ∪ b|``, of pairs of boxes.

    Args:
        boxes: (x0, y0, x1, y1) in pixels.
        others: as many, or shapes that broadcast.

    Returns:
        0…1 per pair; 0 where both boxes are empty.

    Example:
        >>> box = torch.tensor([[0.0, 0.0, 2.0, 2.0]])
        >>> iou(box, torch.tensor([[0.0, 0.0, 2.0, 1.0]])).tolist()
        [0.5]

    Source:
        Everingham et al., "The PASCAL visual object classes challenge", IJCV 2010, section 4.2.
    """
    return _ratio(*_common_and_union(boxes, others))


def pairwise_iou(
    boxes: Float[Tensor, "*b n 4"], others: Float[Tensor, "*b m 4"]
) -> Float[Tensor, "*b n m"]:
    """Return the :func:`iou` of every box with every other.

    Args:
        boxes: (x0, y0, x1, y1) in pixels.
        others: boxes in the columns of the result.

    Returns:
        A matrix of 0…1.

    Example:
        >>> boxes = torch.tensor([[0.0, 0.0, 2.0, 2.0], [5.0, 5.0, 6.0, 6.0]])
        >>> pairwise_iou(boxes, boxes).tolist()
        [[1.0, 0.0], [0.0, 1.0]]

    Source:
        The oracle is ``pycocotools.mask.iou`` (``test_matches_oracle``).
    """
    return iou(boxes[..., :, None, :], others[..., None, :, :])


def generalized_iou(
    boxes: Float[Tensor, "*#n 4"], others: Float[Tensor, "*#n 4"]
) -> Float[Tensor, "*n"]:
    """Return ``IoU − (|hull| − |a ∪ b|) / |hull|`` of pairs of boxes.

    Args:
        boxes: (x0, y0, x1, y1) in pixels.
        others: as many, or shapes that broadcast.

    Returns:
        -1…1 per pair: below 0 for boxes that are far apart for their size.

    Example:
        >>> box = torch.tensor([[0.0, 0.0, 2.0, 2.0]])
        >>> generalized_iou(box, box + 2).tolist()
        [-0.5]

    Source:
        Rezatofighi et al., "Generalized intersection over union", CVPR 2019, algorithm 1.
    """
    common, union = _common_and_union(boxes, others)
    hull = box_area(_hull(boxes, others))
    return _ratio(common, union) - _ratio(hull - union, hull)


def distance_iou(
    boxes: Float[Tensor, "*#n 4"], others: Float[Tensor, "*#n 4"]
) -> Float[Tensor, "*n"]:
    """Return ``IoU − d² / c²`` of pairs: d between the centres, c the hull's diagonal.

    Args:
        boxes: (x0, y0, x1, y1) in pixels.
        others: as many, or shapes that broadcast.

    Returns:
        -1…1 per pair.

    Example:
        >>> box = torch.tensor([[0.0, 0.0, 2.0, 2.0]])
        >>> distance_iou(box, box + 2).tolist()
        [-0.25]

    Source:
        Zheng et al., "Distance-IoU loss", AAAI 2020, equation 6.
    """
    shift = (boxes[..., :2] + boxes[..., 2:] - others[..., :2] - others[..., 2:]) / 2
    hull = _hull(boxes, others)
    diagonal = (hull[..., 2:] - hull[..., :2]).square().sum(-1)
    return iou(boxes, others) - _ratio(shift.square().sum(-1), diagonal)
