"""Equality first: which provider gives something else, and by how much."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Agreement:
    """What a comparison of results found.

    Attributes:
        errors: the distance of every provider that was compared.
        differs: why a provider's time doesn't count.
        facts: anything worth keeping, for example the quality of what can't be equal.
    """

    errors: dict[str, float] = field(default_factory=dict)
    differs: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Close:
    """Results are equal up to rounding: ``‖a − b‖ / ‖b‖ ≤ tolerance`` for every tensor.

    Attributes:
        tolerance: of the quotient.
        order: of the norm; infinity for the largest entry. Where a maximum is taken or a function
            has a kink, rounding may take a value to the other side and its gradient with it, much
            in a few entries: there 2 is the measure.
    """

    tolerance: float = 1e-5
    order: float = math.inf

    def __call__(self, results: Mapping[str, Any], trusted: str) -> Agreement:
        """Compare everything with the result of ``trusted``."""
        want = list(tensors(results[trusted]))
        found = Agreement(facts={"compared_with": trusted})
        for name in results:
            if name == trusted:
                continue
            error, place = distance(list(tensors(results[name])), want, self.order)
            found.errors[name] = error
            if not error <= self.tolerance:  # NaN differs too
                found.differs[name] = (
                    f"differs from {trusted} by {error:.1e} (tolerance {self.tolerance:g}) {place}"
                )
        return found


def tensors(result: Any) -> Iterator[Tensor]:
    """Every tensor or array of a nested result, in order."""
    if isinstance(result, Tensor):
        yield result.detach().cpu()
    elif isinstance(result, (np.ndarray, float, int)):
        yield torch.as_tensor(result)
    else:
        for part in result:
            yield from tensors(part)


def distance(got: list[Tensor], want: list[Tensor], order: float = math.inf) -> tuple[float, str]:
    """The largest ``‖a − b‖ / ‖b‖``, and where it is."""
    shapes = [[tuple(t.shape) for t in side] for side in (got, want)]
    if shapes[0] != shapes[1]:
        return float("inf"), f"in shape: {shapes[0]} for {shapes[1]}"
    worst, place = 0.0, ""
    for i, (a, b) in enumerate(zip(got, want, strict=True)):
        if not a.numel():
            continue
        a, b = a.double(), b.double()
        size = float(b.flatten().norm(order)) or 1.0
        error = float((a - b).flatten().norm(order)) / size
        if not error <= worst:
            worst, place = error, f"in result {i}"
    return worst, place
