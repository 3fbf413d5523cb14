"""Non-maximum suppression of all images and classes in one call."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from graphvision.tasks.boxes.iou import pairwise_iou

_BLOCK = 64  # boxes of a group that are decided together


def _decide(over: Bool[Tensor, "g k k"], alive: Bool[Tensor, "g k"]) -> Bool[Tensor, "g k"]:
    """Who stays, of boxes by falling score: the one answer where chosen boxes exclude the others.

    Each round settles at least one more box of each group, for good.
    """
    earlier = over & over.new_ones(over.shape[1:]).triu(1)
    keep = alive
    while True:
        settled = alive & ~(earlier & keep[:, :, None]).any(1)
        if torch.equal(settled, keep):
            return keep
        keep = settled


def _table(group: Tensor) -> tuple[Tensor, Tensor]:
    """Members of each group, in order, as rows padded with -1; and sizes: largest group first."""
    _, number, size = group.unique(return_inverse=True, return_counts=True)
    size, order = size.sort(descending=True, stable=True)
    row = order.argsort()[number]
    members = row.argsort(stable=True)
    first = size.cumsum(0) - size
    table = group.new_full((len(size), int(size[0])), -1)
    table[row[members], torch.arange(len(group), device=group.device) - first[row[members]]] = (
        members
    )
    return table, size


def nms(
    boxes: Float[Tensor, "n 4"],
    scores: Float[Tensor, " n"],
    *,
    threshold: float = 0.5,
    labels: Int[Tensor, " n"] | None = None,
    image: Int[Tensor, " n"] | None = None,
) -> Int[Tensor, " k"]:
    """Choose boxes by falling score that don't overlap a chosen one of their class and image.

    Args:
        boxes: (x0, y0, x1, y1) in pixels, of all images.
        scores: the better, the larger.
        threshold: boxes with a larger :func:`~graphvision.tasks.boxes.iou` exclude each other.
        labels: class of each box; None: all of one class.
        image: image of each box; None: all of one image.

    Returns:
        Numbers of the boxes that stay, by falling score; of equal scores the first comes first,
        and stays.

    Example:
        >>> boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 3.0], [8.0, 8.0, 9.0, 9.0]])
        >>> nms(boxes, torch.tensor([0.5, 0.9, 0.1])).tolist()
        [1, 2]

    Source:
        Girshick et al., "Rich feature hierarchies", CVPR 2014, section 2.2; the rounds within a
        block: the greedy choice is the one maximal independent set in the order of scores.
    """
    if not len(boxes):
        return torch.zeros(0, dtype=torch.long, device=boxes.device)
    order = scores.argsort(descending=True, stable=True)
    group = torch.zeros_like(order)
    for part in (labels, image):
        if part is not None:
            part = part[order] - part.min()
            group = group * (part.max() + 1) + part
    table, size = _table(group)
    placed = boxes[order][table]
    keep = table >= 0
    for start in range(0, table.shape[1], _BLOCK):
        groups = int((size > start).sum())
        block = placed[:groups, start : start + _BLOCK]
        before = pairwise_iou(placed[:groups, :start], block) > threshold
        alive = keep[:groups, start : start + _BLOCK]
        alive = alive & ~(before & keep[:groups, :start, None]).any(1)
        keep[:groups, start : start + _BLOCK] = _decide(
            pairwise_iou(block, block) > threshold, alive
        )
    return order[table[keep].sort().values]
