"""Focal losses: what is easy counts little."""

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from graphvision.tasks.losses.weighted_mean import element_weight, weighted_mean


def _hardness(nll: Tensor, gamma: float) -> Tensor:
    """``(1 − p)^γ`` from ``−log p``; finite derivatives at p = 1 for every γ."""
    return (-torch.expm1(-nll)).clamp(min=torch.finfo(nll.dtype).tiny) ** gamma


def sigmoid_focal(
    logits: Float[Tensor, "*shape"],
    target: Shaped[Tensor, "*shape"],
    *,
    alpha: float | None = 0.25,
    gamma: float = 2.0,
    weight: Float[Tensor, "*shape"] | None = None,
    per_positive: bool = False,
    ignore_index: int = -1,
) -> Float[Tensor, ""]:
    """Return the mean over elements of ``−α_t (1 − p_t)^γ log p_t``.

    p_t is σ(x) where the target is 1 and 1 − σ(x) where it is 0; α_t is α or 1 − α.

    Args:
        logits: of any shape: edges, or elements × labels.
        target: 0 or 1, integers or reals.
        alpha: weight of the positives, 0…1; None: both count the same, 1.
        gamma: from 0; 0 gives the cross-entropy.
        weight: of every element, from 0.
        per_positive: divide by the weight of the positives, at least 1, in place of that of all
            elements: as detectors do, where nearly all is background.
        ignore_index: target of elements that don't count.

    Returns:
        A scalar; 0 with gradient 0 where no element counts.

    Raises:
        ValueError: ``weight`` doesn't have one number per element.

    Example:
        >>> loss = sigmoid_focal(torch.zeros(2), torch.tensor([1, 0]), alpha=None)
        >>> round(float(loss), 4)  # a quarter of log 2
        0.1733

    Source:
        Lin et al., "Focal loss for dense object detection", ICCV 2017, equation 5.
    """
    known = target != ignore_index
    positive = (target.where(known, 0) > 0.5).to(logits.dtype)
    nll = F.binary_cross_entropy_with_logits(logits, positive, reduction="none")
    values = _hardness(nll, gamma) * nll
    if alpha is not None:
        values = values * (alpha * positive + (1 - alpha) * (1 - positive))
    weights = element_weight(known, weight, logits)
    if per_positive:
        return weighted_mean(values, weights, mass=positive, least=1.0)
    return weighted_mean(values, weights)


def softmax_focal(
    logits: Float[Tensor, "n c"],
    target: Int[Tensor, " n"],
    *,
    gamma: float = 2.0,
    weight: Float[Tensor, " n"] | None = None,
    class_weight: Float[Tensor, " c"] | None = None,
    ignore_index: int = -1,
) -> Float[Tensor, ""]:
    """Return the mean over elements of ``−α_t (1 − p_t)^γ log p_t``, p the softmax.

    Args:
        logits: one row per element.
        target: the class of each element.
        gamma: from 0; 0 gives :func:`~graphvision.tasks.losses.cross_entropy`.
        weight: of every element, from 0.
        class_weight: α, from 0; the mean is divided by it as in the cross-entropy.
        ignore_index: label of elements that don't count.

    Returns:
        A scalar; 0 with gradient 0 where no element counts.

    Raises:
        ValueError: ``weight`` doesn't have one number per element.

    Example:
        >>> round(float(softmax_focal(torch.zeros(1, 2), torch.tensor([1]))), 4)
        0.1733

    Source:
        Lin et al., "Focal loss for dense object detection", ICCV 2017, on several classes.
    """
    known = target != ignore_index
    nll = F.cross_entropy(logits, target, reduction="none", ignore_index=ignore_index)
    values = _hardness(nll, gamma) * nll
    weights = element_weight(known, weight, logits)
    if class_weight is not None:
        weights = weights * class_weight[target.where(known, 0)].to(weights.dtype)
    return weighted_mean(values, weights)
