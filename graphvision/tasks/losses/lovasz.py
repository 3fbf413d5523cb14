"""Lovász losses: the Jaccard index, extended so that it has gradients."""

from typing import Literal

import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from graphvision.tasks.losses.class_fractions import class_fractions
from graphvision.tasks.losses.weighted_mean import element_weight, joined, shared


def _extension(errors: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    """Lovász extension of the Jaccard loss of each column, errors and truth (0 or 1) ``[n, c]``.

    Sorted by error, every element is charged what the Jaccard loss grows by when it, after all
    those with larger errors, is wrong too. An element of weight w is w elements of weight 1.
    """
    errors, order = errors.sort(dim=0, descending=True, stable=True)
    mine, others = (
        side.gather(0, order).cumsum(0) for side in (weight * truth, weight - weight * truth)
    )
    total = (weight * truth).sum(0)
    union = total + others
    jaccard = 1 - (total - mine) / union.where(union > 0, 1)
    jaccard = jaccard.where(union > 0, 0)
    growth = jaccard.diff(dim=0, prepend=jaccard.new_zeros(1, jaccard.shape[1]))
    return (errors * growth).sum(0)


def lovasz_softmax(
    logits: Float[Tensor, "n c"],
    target: Int[Tensor, " n"],
    *,
    weight: Float[Tensor, " n"] | None = None,
    classes: Literal["present", "all"] = "present",
    ignore_index: int = -1,
) -> Float[Tensor, ""]:
    """Return the mean over classes of the Lovász extension of ``1 − IoU_c`` at ``|t_c − p_c|``.

    p is the softmax and t the truth, 0 or 1. At hard answers it is 1 − IoU itself. The IoU is that
    of all elements given, so of a whole batch.

    Args:
        logits: one row per element.
        target: the class of each element.
        weight: from 0; an element of area w counts as w of area 1.
        classes: average over those that occur in the target, or over all.
        ignore_index: label of elements that don't count.

    Returns:
        A scalar in 0…1; 0 with gradient 0 where no element counts.

    Raises:
        ValueError: ``weight`` doesn't have one number per element.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[99.0, 0.0], [99.0, 0.0], [0.0, 99.0]])
        >>> float(lovasz_softmax(logits, torch.tensor([0, 1, 1])))  # 1 − IoU is 1/2 for both
        0.5

    Source:
        Berman, Triki and Blaschko, "The Lovász-Softmax loss", CVPR 2018, algorithm 1.
    """
    truth = class_fractions(target, logits, ignore_index)
    errors = joined((truth - logits.softmax(1)).abs())
    truth = joined(truth)
    weights = joined(element_weight(target != ignore_index, weight, logits))[:, None]
    values = _extension(errors, truth, weights.expand_as(truth))
    known = (weights > 0).any()
    counted = known & (((weights * truth) > 0).any(0) | (classes == "all"))
    return shared((values * counted).sum() / counted.sum().clamp(min=1))


def lovasz_hinge(
    logits: Float[Tensor, " n"],
    target: Shaped[Tensor, " n"],
    *,
    weight: Float[Tensor, " n"] | None = None,
    ignore_index: int = -1,
) -> Float[Tensor, ""]:
    """Return the Lovász extension of ``1 − IoU`` of the positives at ``max(0, 1 − s·x)``, s = ±1.

    Args:
        logits: x, positive where the element is thought to belong to the object.
        target: 0 (s = -1) or 1.
        weight: from 0; an element of area w counts as w of area 1.
        ignore_index: target of elements that don't count.

    Returns:
        A scalar from 0; 0 with gradient 0 where no element counts.

    Raises:
        ValueError: ``weight`` doesn't have one number per element.

    Example:
        >>> import torch
        >>> float(lovasz_hinge(torch.tensor([2.0, -2.0, 0.0]), torch.tensor([1, 0, 1])))
        0.5

    Source:
        Berman, Triki and Blaschko, "The Lovász-Softmax loss", CVPR 2018, section 2.2.
    """
    known = target != ignore_index
    truth = (target.where(known, 0) > 0.5).to(logits.dtype)
    errors = F.relu(1 - logits * (2 * truth - 1)) * known
    parts = errors, truth, element_weight(known, weight, logits)
    return shared(_extension(*(joined(part)[:, None] for part in parts)).sum())
