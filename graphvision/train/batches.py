"""Batches cut from data that is in memory: no worker processes, no collation."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

Fetch = Callable[[Tensor], tuple[Any, Any]]
EVALUATED, EVALUATED_PIXELS = 250, 250 * 64 * 64


def evaluation_batch(pixels: int) -> int:
    """How many samples are answered at a time where nothing is learned.

    Args:
        pixels: of a sample, or nodes.

    Returns:
        250, fewer of large samples, at least 1.

    Example:
        >>> evaluation_batch(28 * 28), evaluation_batch(256 * 256)
        (250, 15)
    """
    return max(1, min(EVALUATED, EVALUATED_PIXELS // max(1, pixels)))


@dataclass(frozen=True)
class Batches:
    """An iterable of ``(inputs, truth)`` that is the same for the same seed and epoch.

    Attributes:
        fetch: gives the inputs and what is known of them at some indices.
        count: number of samples.
        batch_size: samples per batch; the last batch may be smaller.
        order: None for 0, 1, 2, …; else the generator's seed for a random order.
        variants: how many versions of each sample there are, version ``v`` of sample ``i`` at
            ``i + v · count``; a shuffled pass draws one of them for each sample.
        rank, world: of ``world`` processes that share every batch, which one takes which samples:
            those at ``rank``, ``rank + world``, … of the batch.
        in_step: every process has all batches; where the last has fewer samples than there are
            processes, those without one take its first, see :meth:`has_own`. Else they have one
            batch less.

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
    rank: int = 0
    world: int = 1
    in_step: bool = True

    def __len__(self) -> int:
        whole, rest = divmod(self.count, self.batch_size)
        return whole + (rest > (0 if self.in_step else self.rank))

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        for index in self._order().split(self.batch_size)[: len(self)]:
            own = index[self.rank :: self.world]
            yield self.fetch(own if len(own) else index[:1])

    def has_own(self, number: int) -> bool:
        """Whether this process has samples of its own in a batch, not one of another process.

        Args:
            number: of the batch, from 0.

        Example:
            >>> part = Batches(lambda i: (i, i), 5, 2).part(1, 2)
            >>> [part.has_own(number) for number in range(len(part))]
            [True, True, False]
        """
        return self.count - number * self.batch_size > self.rank

    def part(self, rank: int, world: int, *, in_step: bool = True) -> "Batches":
        """One process's share of every batch.

        Args:
            rank: of the process, 0 … ``world - 1``.
            world: number of processes, at most the batch size.
            in_step: whether all processes must have as many batches.

        Raises:
            ValueError: a batch has fewer samples than there are processes.

        Example:
            >>> labels = torch.arange(5)
            >>> batches = Batches(lambda i: (i, labels[i]), 5, 2).part(1, 2)
            >>> [y.tolist() for _, y in batches]
            [[1], [3], [4]]
        """
        if self.batch_size < world:
            raise ValueError(f"`batch_size` must be at least {world}, got {self.batch_size}")
        return replace(self, rank=rank, world=world, in_step=in_step)

    def _order(self) -> Tensor:
        if self.order is None:
            return torch.arange(self.count)
        generator = torch.Generator().manual_seed(self.order)
        order = torch.randperm(self.count, generator=generator)
        if self.variants > 1:
            version = torch.randint(self.variants, (self.count,), generator=generator)
            order = order + version * self.count
        return order
