"""What ran: the forms that layers took on their edges, noted while somebody listens."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from graphvision.graphs.topology import Topology
from graphvision.nn.plan import Plan


class Ran(NamedTuple):
    """One pass of messages."""

    plan: Plan
    topology: Topology


_listening: list[list[Ran]] = []


@contextmanager
def noting_what_runs() -> Iterator[list[Ran]]:
    """While it lasts, every pass of messages in this process is noted in the list.

    Example:
        >>> import torch, graphvision as gv
        >>> with noting_what_runs() as ran:
        ...     out = gv.nn.Conv2d(1, 2, 3)(torch.rand(1, 1, 8, 8))
        >>> [(r.plan.name, r.topology.num_edges) for r in ran]
        [('raster convolution', 324)]
    """
    heard: list[Ran] = []
    _listening.append(heard)
    try:
        yield heard
    finally:
        _listening[:] = [other for other in _listening if other is not heard]


def note(plan: Plan, topology: Topology) -> None:
    """Tell those who listen."""
    for heard in _listening:
        heard.append(Ran(plan, topology))
