"""Batches cut from data that is in memory: no worker processes, no collation."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

Fetch = Callable[[Tensor], tuple[Any, Tensor]]


@dataclass(frozen=True)
class Batches:
    """An iterable of ``(inputs, labels)`` that is the same for the same seed and epoch.

    Attributes:
        fetch: gives the inputs and labels at some indices.
        count: number of samples.
        batch_size: samples per batch; the last batch may be smaller.
        order: None for 0, 1, 2, …; else the generator's seed for a random order.
        variants: how many versions of each sample there are, version ``v`` of sample ``i`` at
            ``i + v · count``; a shuffled pass draws one of them for each sample.

    Example:
        >>> labels = torch.arange(5)
        >>> [y.tolist() for _, y in Batches(lambda i: (i, labels[i]), 5, 2)]
        [[0, 1], [2, 3], [4]]
    """

    fetch: Fetch
    count: int
    batch_size: int
    order: int | None = None
    variants: int = 1

    def __len__(self) -> int:
        return -(-self.count // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Any, Tensor]]:
        for index in self._order().split(self.batch_size):
            yield self.fetch(index)

    def _order(self) -> Tensor:
        if self.order is None:
            return torch.arange(self.count)
        generator = torch.Generator().manual_seed(self.order)
        order = torch.randperm(self.count, generator=generator)
        if self.variants > 1:
            version = torch.randint(self.variants, (self.count,), generator=generator)
            order = order + version * self.count
        return order
