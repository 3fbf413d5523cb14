"""What is counted over a whole data set, in batches and in several processes."""

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor


class AbstractScore(ABC):
    """Counts that add up, kept values that are joined, and the scores that they give.

    Every score is that of all updates taken together: how the data was cut into batches, or spread
    over processes whose scores are merged, changes nothing but the rounding. Nothing is ever NaN:
    a share of nothing is 0. A score is on the CPU, and can be pickled.

    A subclass calls :meth:`add` and :meth:`keep` in its ``update``, and reads :attr:`sums` and
    :meth:`kept` in ``compute``.
    """

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self._kept: dict[str, list[Tensor]] = {}

    @abstractmethod
    def compute(self) -> dict[str, float]:
        """The scores of all that was counted."""

    def add(self, **counts: Tensor) -> None:
        """Add to the sums of these names."""
        for name, value in counts.items():
            value = value.detach().cpu()
            value = value.double() if value.is_floating_point() else value.long()
            before = self.sums.get(name)
            self.sums[name] = value if before is None else before + value

    def keep(self, **values: Tensor) -> None:
        """Keep values along their first dimension."""
        for name, value in values.items():
            self._kept.setdefault(name, []).append(value.detach().cpu())

    def kept(self, name: str) -> Tensor:
        """All that was kept under a name, in the order of updates and merges; at first nothing."""
        parts = self._kept.get(name, [])
        if len(parts) > 1:
            parts[:] = [torch.cat(parts)]
        return parts[0] if parts else torch.zeros(0)

    def merge(self, other: "AbstractScore") -> None:
        """Take in what another of the same kind has counted.

        Args:
            other: of the same class and settings; it stays as it is.

        Raises:
            ValueError: ``other`` is of another class, or has other settings.
        """
        if self._settings() != other._settings():
            raise ValueError(
                f"`other` must count as this does, {self._settings()}, got {other._settings()}"
            )
        self.add(**other.sums)
        for name in other._kept:
            self.keep(**{name: other.kept(name)})

    def _settings(self) -> tuple[str, dict[str, Any]]:
        counted = ("sums", "_kept")
        return type(self).__name__, {k: v for k, v in vars(self).items() if k not in counted}


def ratio(part: Tensor, whole: Tensor) -> Tensor:
    """``part / whole`` in float64, 0 where the whole is 0."""
    return (part.double() / whole.where(whole > 0, 1)).where(whole > 0, 0)


def mean(values: Tensor, counted: Tensor) -> float:
    """The mean of the counted values, 0 of none."""
    return float(ratio(values.where(counted, 0).sum(), counted.sum()))


def harmonic(precision: Tensor, recall: Tensor) -> Tensor:
    """F-measure, ``2 P R / (P + R)``, 0 where both are 0."""
    return ratio(2 * precision * recall, precision + recall)
