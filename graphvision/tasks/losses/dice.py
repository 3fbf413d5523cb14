"""Soft Dice: the overlap of classes, whatever their size."""

from typing import Literal

from jaxtyping import Float, Int
from torch import Tensor

from graphvision.tasks.losses.class_fractions import class_fractions
from graphvision.tasks.losses.weighted_mean import element_weight, shared, total


def dice(
    logits: Float[Tensor, "n c"],
    target: Int[Tensor, " n"] | Float[Tensor, "n c"],
    *,
    weight: Float[Tensor, " n"] | None = None,
    classes: Literal["present", "all"] = "present",
    smooth: float = 1.0,
    ignore_index: int = -1,
) -> Float[Tensor, ""]:
    """Return the mean over classes of ``1 − (2 Σ w p t + s) / (Σ w p + Σ w t + s)``, p the softmax.

    The sums go over all elements given, so over a whole batch.

    Args:
        logits: one row per element.
        target: the class of each element, or the fractions of its classes.
        weight: w, from 0, for example the area.
        classes: average over those that occur in the target, or over all.
        smooth: s, in units of the weight, above 0.
        ignore_index: label of elements that don't count; of fractions, rows of zeros don't count.

    Returns:
        A scalar in 0…1; 0 with gradient 0 where no element counts.

    Raises:
        ValueError: ``weight`` doesn't have one number per element.

    Example:
        >>> import torch
        >>> logits = torch.tensor([[9.0, -9.0], [-9.0, 9.0]])
        >>> round(float(dice(logits, torch.tensor([0, 1]))), 4)
        0.0

    Source:
        Milletari et al., "V-Net", 3DV 2016; with plain sums in the divisor, Sudre et al.,
        "Generalised Dice overlap as a deep learning loss function", DLMIA 2017, equation 1.
    """
    fractions = class_fractions(target, logits, ignore_index)
    weights = element_weight(fractions.sum(1) > 0, weight, logits)[:, None]
    known = total(weights.sum()) > 0
    share = logits.softmax(1)
    both = total((weights * share * fractions).sum(0))
    predicted, true = total((weights * share).sum(0)), total((weights * fractions).sum(0))
    values = 1 - (2 * both + smooth) / (predicted + true + smooth)
    counted = ((true > 0) | (classes == "all")).to(values.dtype)
    return shared(((values * counted).sum() / counted.sum().clamp(min=1)).where(known, 0))
