"""The processes that train one network together; one process alone is a group of one."""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


def rank() -> int:
    """This process's number in the group, from 0."""
    return dist.get_rank() if _together() else 0


def world() -> int:
    """How many processes the group has."""
    return dist.get_world_size() if _together() else 1


def summed(own: Tensor) -> Tensor:
    """The sum of a tensor over the group, as a new one without gradient.

    Args:
        own: this process's part; of one shape everywhere.
    """
    total = own.detach().clone()
    if _together():
        dist.all_reduce(total)
    return total


def gathered(own: Any) -> list[Any]:
    """What every process gives, in the order of ranks.

    Args:
        own: this process's part; anything that can be pickled.

    Example:
        >>> gathered("alone")
        ['alone']
    """
    if not _together():
        return [own]
    found: list[Any] = [None] * world()
    dist.all_gather_object(found, own)
    return found


def joined(own: Tensor) -> Tensor:
    """The rows of all processes in the order of ranks; gradients flow to this one's.

    Args:
        own: this process's rows; as wide as those of the others.

    Example:
        >>> joined(torch.ones(2, 1)).shape
        torch.Size([2, 1])
    """
    parts = gathered(own.detach()) if _together() else [own]
    parts[rank()] = own
    return torch.cat(parts)


def _together() -> bool:
    return torch.distributed.is_available() and dist.is_initialized()
