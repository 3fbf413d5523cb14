"""Average precision: of edges, of labels, of anything that is ranked."""

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from graphvision.tasks.metrics.score import AbstractScore, ratio


def average_precision(
    scores: Float[Tensor, " n"],
    target: Shaped[Tensor, " n"],
    *,
    weight: Float[Tensor, " n"] | None = None,
) -> float:
    """Return ``Σ_k (R_k − R_{k-1}) P_k`` over the distinct scores, from the largest down.

    P_k and R_k are precision and recall of "positive where the score is at least the k-th".

    Args:
        scores: the surer of a positive, the larger; logits or probabilities.
        target: 1 or 0; elements with a target of -1 don't count.
        weight: of every element, from 0.

    Returns:
        0…1; 0 where there is no positive.

    Example:
        >>> average_precision(torch.tensor([0.9, 0.8, 0.1]), torch.tensor([1, 0, 1]))
        0.8333333333333333

    Source:
        ``sklearn.metrics.average_precision_score``, which is the oracle (``test_matches_oracle``).
    """
    known = target != -1
    scores, order = scores[known].sort(descending=True)
    positive = (target[known][order] > 0.5).double()
    weights = torch.ones_like(positive) if weight is None else weight[known][order].double()
    last = torch.ones_like(scores, dtype=torch.bool)
    last[:-1] = scores[1:] != scores[:-1]
    return _of_ranks((weights * positive).cumsum(0)[last], weights.cumsum(0)[last])


def _of_ranks(found: Tensor, taken: Tensor) -> float:
    """From the weight of positives, and of all, at and above each distinct score, falling."""
    gained = found.double().diff(prepend=found.new_zeros(1))
    return float(ratio((gained * ratio(found, taken)).sum(), gained.sum()))


class AveragePrecision(AbstractScore):
    """The :func:`average_precision` of all elements of the data set, ranked together.

    Exact: it keeps the score and target of every element, and the weight where one is given. With
    ``bins`` it counts scores in 0…1 in bins of equal width, and elements within a bin are ties:
    enough for all pixels of a data set.

    Args:
        name: of the score.
        bins: how many, ≥ 1; None keeps all elements.

    Raises:
        ValueError: no bin.

    Example:
        >>> score = AveragePrecision("edge_ap")
        >>> score.update(torch.tensor([0.9, 0.8]), torch.tensor([1, 0]))
        >>> score.update(torch.tensor([0.1]), torch.tensor([1]))
        >>> score.compute()
        {'edge_ap': 0.8333333333333333}
    """

    def __init__(self, name: str = "average_precision", *, bins: int | None = None) -> None:
        super().__init__()
        self.name, self.bins = name, bins
        if bins is None:
            return
        if bins < 1:
            raise ValueError(f"`bins` must be at least 1, got {bins}")
        nothing = torch.zeros(bins, dtype=torch.long)
        self.add(positive=nothing, all=nothing)

    def update(
        self,
        scores: Float[Tensor, "*shape"],
        target: Shaped[Tensor, "*shape"],
        *,
        weight: Float[Tensor, "*shape"] | None = None,
    ) -> None:
        """Take in elements.

        Args:
            scores: the surer of a positive, the larger.
            target: 1, 0, or -1 of elements that don't count.
            weight: from 0; 1 by default. Without bins, in every update or in none.

        Raises:
            ValueError: with bins, a score that isn't in 0…1.
        """
        known = target != -1
        scores, positive = scores[known], target[known] > 0.5
        weight = weight if weight is None else weight[known].double()
        if self.bins is not None:
            self._count(scores, positive, weight)
            return
        self.keep(scores=scores, positive=positive)
        if weight is not None:
            self.keep(weight=weight)

    def _count(self, scores: Tensor, positive: Tensor, weight: Tensor | None) -> None:
        assert self.bins is not None
        if not bool(((scores >= 0) & (scores <= 1)).all()):  # NaN isn't, either
            low, high = float(scores.min()), float(scores.max())
            raise ValueError(f"`scores` must be in 0…1 for bins, got {low:g}…{high:g}")
        place = (scores.double() * self.bins).long().clamp(max=self.bins - 1)
        for name, chosen in (("positive", positive), ("all", torch.ones_like(positive))):
            own = weight if weight is None else weight[chosen]
            self.add(**{name: torch.bincount(place[chosen], own, minlength=self.bins)})

    def compute(self) -> dict[str, float]:
        """The average precision under its name; 0 where no positive was counted.

        Raises:
            ValueError: some updates had weights, and some had none.
        """
        if self.bins is not None:
            found, taken = (self.sums[name].flip(0).cumsum(0) for name in ("positive", "all"))
            return {self.name: _of_ranks(found, taken)}
        scores, positive, weight = (self.kept(n) for n in ("scores", "positive", "weight"))
        if len(weight) not in (0, len(scores)):
            got = f"got {len(weight)} of {len(scores)}"
            raise ValueError(f"`weight` must be given of all elements or of none, {got}")
        given = weight if len(weight) else None
        return {self.name: average_precision(scores, positive.long(), weight=given)}
