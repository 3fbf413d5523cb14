"""The one mean of all losses, also where a batch is spread over several processes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor


class _Processes(NamedTuple):
    summed: Callable[[Tensor], Tensor]
    number: int
    joined: Callable[[Tensor], Tensor]
    counted: bool


_PROCESSES = _Processes(lambda own: own, 1, lambda own: own, counted=True)
_CURRENT: ContextVar[_Processes] = ContextVar("processes", default=_PROCESSES)


@contextmanager
def across_processes(
    summed: Callable[[Tensor], Tensor],
    number: int,
    *,
    joined: Callable[[Tensor], Tensor],
    counted: bool = True,
) -> Iterator[None]:
    """Within this context losses are those of all processes' batches taken together.

    Each process's loss is scaled so that the *mean over processes* of the gradients, which
    data-parallel training takes, is the gradient of the loss on the joined batch. All losses of
    this package obey it.

    Args:
        summed: returns the sum of a tensor over the processes, a new one without gradient.
        number: how many processes there are.
        joined: returns the rows of all processes, in one order everywhere, this one's own with
            their gradient; for losses that sort all elements.
        counted: whether this process's elements count; if not, it only keeps in step with others
            that have some left.

    Example:
        >>> import torch
        >>> values, twins = torch.tensor([1.0, 3.0]), lambda own: 2 * own
        >>> with across_processes(twins, 2, joined=lambda own: torch.cat([own, own.detach()])):
        ...     float(weighted_mean(values, torch.tensor([1.0, 0.0])))
        1.0
    """
    token = _CURRENT.set(_Processes(summed, number, joined, counted))
    try:
        yield
    finally:
        _CURRENT.reset(token)


def process_count() -> int:
    """How many processes share the batch."""
    return _CURRENT.get().number


def total(own: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The sum over all processes; gradients flow to this process's part."""
    everywhere = _CURRENT.get().summed(own.detach())
    return own + (everywhere - own.detach())


def joined(own: Float[Tensor, "n *shape"]) -> Float[Tensor, "all *shape"]:
    """The rows of all processes; gradients flow to this process's part."""
    return _CURRENT.get().joined(own)


def shared(whole: Float[Tensor, ""]) -> Float[Tensor, ""]:
    """A loss that every process has whole, but only with the gradient of its part."""
    return whole.detach() + process_count() * (whole - whole.detach())


def weighted_mean(
    values: Float[Tensor, "*shape"],
    weight: Float[Tensor, "*shape"],
    *,
    mass: Float[Tensor, "*shape"] | None = None,
    least: float = 0.0,
) -> Float[Tensor, ""]:
    """Return ``Σ w·v / max(Σ w·m, least)`` over the elements of positive weight.

    Args:
        values: v, one loss per element; those of weight 0 may be anything.
        weight: w, from 0.
        mass: m, what an element counts for in the divisor, from 0; 1 by default.
        least: the divisor is at least this.

    Returns:
        A scalar; 0 with gradient 0 where the divisor is 0.

    Example:
        >>> import torch
        >>> float(weighted_mean(torch.tensor([1.0, 5.0]), torch.tensor([3.0, 1.0])))
        2.0
    """
    used = weight > 0
    part = (weight * values).where(used, 0).sum()
    whole = total((weight if mass is None else weight * mass).where(used, 0).sum()).detach()
    whole = whole.clamp(min=least)
    return process_count() * part.where(whole > 0, 0) / whole.where(whole > 0, 1)


def element_weight(
    known: Bool[Tensor, "*shape"], weight: Tensor | None, like: Tensor
) -> Float[Tensor, "*shape"]:
    """Weights of the elements in the dtype of ``like``: 1 or what is given, 0 where not known.

    In float32 where ``like`` is of half precision, which can't hold the area of an image. All 0 in
    a process that only keeps in step.
    """
    dtype = torch.promote_types(like.dtype, torch.float32)
    known = known & _CURRENT.get().counted
    if weight is None:
        return known.to(dtype)
    if weight.shape != known.shape:
        raise ValueError(
            f"`weight` must have one number per element, shape {tuple(known.shape)}, "
            f"got {tuple(weight.shape)}"
        )
    return weight.to(dtype).where(known, 0)
